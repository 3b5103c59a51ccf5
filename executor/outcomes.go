package executor

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/scale"
)

// outcome is what became of an own challenge.
type outcome uint8

const (
	outcomeOpen     outcome = 0 // not decided yet
	outcomeWon      outcome = 1 // the claim is slashed for this witness: bond back, and a reward
	outcomeLost     outcome = 2 // bond lost
	outcomeRefunded outcome = 3 // somebody else was faster, or the claim died: bond back
	outcomeUnknown  outcome = 4 // L1 has forgotten the claim
)

// rewardPercent of a slashed bond goes to the challenger (docs/spec/claims.md).
const rewardPercent = 40

// challenged is an own challenge whose end has not been told, or may be undone. It is kept apart
// from the jobs: a verdict may come long after the last transaction.
type challenged struct {
	claim   rollup.Hash
	step    uint32
	opened  uint64 // height of the ChallengeOpen
	proved  bool   // the ChallengeProve is in a block
	fee     uint64 // for the bytes of the ChallengeProve; it comes back with the bond
	outcome outcome
	decided uint64 // height at which the outcome was seen
}

func (c *challenged) write() kv.Write {
	var e scale.Encoder
	e.U64(c.opened)
	e.Bool(c.proved)
	e.U64(c.fee)
	e.U8(uint8(c.outcome))
	e.U64(c.decided)
	k := append([]byte{keyOutcome}, triedKey(c.claim, c.step)[1:]...)
	return kv.Write{Key: k, Value: e.B}
}

func decodeChallenged(k, v []byte) (*challenged, error) {
	c := new(challenged)
	d := scale.NewDecoder(k)
	d.U8()
	d.Fill(c.claim[:])
	step := d.Raw(4)
	if err := d.Finish(); err != nil {
		return nil, damaged("outbox", err)
	}
	c.step = binary.BigEndian.Uint32(step)
	d = scale.NewDecoder(v)
	c.opened, c.proved, c.fee = d.U64(), d.Bool(), d.U64()
	c.outcome, c.decided = outcome(d.U8()), d.U64()
	return c, damaged("outbox", d.Finish())
}

// note remembers an own challenge that is in a block.
func (o *outbox) note(ctx context.Context, j *job) error {
	if j.kind != jobChallenge || !j.first.done() {
		return nil
	}
	c := &challenged{
		claim: j.target, step: j.step, opened: j.first.height, proved: j.second.done(),
	}
	w := c.write()
	b, ok, err := o.store.Get(w.Key)
	if err != nil {
		return err
	}
	if ok {
		old, err := decodeChallenged(w.Key, b)
		if err != nil || old.opened == c.opened && old.proved == c.proved {
			return err
		}
	}
	if c.proved {
		shown, err := o.chain.Layer(ctx, j.second.height)
		if errors.Is(err, l1.ErrNoLayer) {
			return nil // L1 goes another way: later
		}
		if err != nil {
			return onChain("read the block of a witness", err)
		}
		c.fee = shown.Header.ByteFee * uint64(len(j.second.raw))
	}
	return o.store.Apply(c.write())
}

// tellOutcomes logs what became of own challenges, once each, and again if a reorganisation changes
// it.
func (o *outbox) tellOutcomes(tip l1.Tip, claims []l1.ClaimInfo) error {
	var all []*challenged
	var failed error
	err := o.store.Range([]byte{keyOutcome}, []byte{keyOutcome + 1}, func(k, v []byte) bool {
		var c *challenged
		c, failed = decodeChallenged(k, v)
		all = append(all, c)
		return failed == nil
	})
	if err := first(err, failed); err != nil || len(all) == 0 {
		return err
	}
	infos := make(map[rollup.Hash]*l1.ClaimInfo, len(claims))
	for i := range claims {
		infos[claims[i].ID] = &claims[i]
	}
	for _, c := range all {
		now := o.outcomeOf(c, infos[c.claim], tip)
		switch {
		case now != c.outcome:
			c.outcome, c.decided = now, tip.Height
			o.tellOutcome(c, infos[c.claim])
		case now == outcomeOpen || tip.Height < c.decided+o.params.ReorgBound:
			continue
		default:
			if err := o.store.Apply(kv.Write{Key: c.write().Key, Delete: true}); err != nil {
				return err
			}
			continue
		}
		if err := o.store.Apply(c.write()); err != nil {
			return err
		}
	}
	return nil
}

// outcomeOf says how a challenge stands, by what L1 says of the claim.
func (o *outbox) outcomeOf(c *challenged, info *l1.ClaimInfo, tip l1.Tip) outcome {
	if info == nil {
		return outcomeUnknown
	}
	v := info.LastVerdict
	own := v != nil && v.Step == c.step && info.Challenger == o.account
	unproven := !c.proved && tip.Height >= c.opened+o.params.ProveWindow
	switch {
	case own && v.Code == rollup.VerdictFraud:
		return outcomeWon
	case v != nil && v.Step == c.step && v.Code == rollup.VerdictUpheld,
		own && v.Code == rollup.VerdictBadWitness:
		return outcomeLost
	case info.Status == l1.ClaimFinal:
		return outcomeLost
	case info.Status != l1.ClaimOpen:
		return outcomeRefunded
	case unproven:
		return outcomeLost
	}
	return outcomeOpen
}

func (o *outbox) tellOutcome(c *challenged, info *l1.ClaimInfo) {
	p := o.params
	log := o.log.With("claim", c.claim.Short(), "step", c.step)
	switch c.outcome {
	case outcomeWon:
		log.Info("challenge won", "reward", p.ClaimBond/100*rewardPercent, "bond", p.ChallengeBond)
	case outcomeLost:
		why := "not proven in time"
		if info.LastVerdict != nil {
			why = info.LastVerdict.Code.String()
		}
		log.Warn("challenge lost", "lost", p.ChallengeBond, "why", why)
	case outcomeRefunded:
		log.Info("challenge refunded", "bond", p.ChallengeBond, "fee", c.fee)
	case outcomeUnknown:
		log.Warn("challenge: L1 has forgotten the claim", "bond", p.ChallengeBond)
	default:
		log.Warn("challenge open again after a reorganisation")
	}
}

// teller logs what becomes of own claims.
type teller struct {
	log   *slog.Logger
	known map[rollup.Hash]l1.ClaimStatus
}

// tell logs the own claims whose status changed since the last time.
func (t *teller) tell(o *outbox, claims []l1.ClaimInfo) {
	known := make(map[rollup.Hash]l1.ClaimStatus)
	for i := range claims {
		c := &claims[i]
		if c.Claim.Executor != o.account {
			continue
		}
		known[c.ID] = c.Status
		before, seen := t.known[c.ID]
		if !seen || before == c.Status {
			continue
		}
		log := t.log.With("claim", c.ID.Short(), "from", c.Claim.FromLayer, "to", c.Claim.ToLayer)
		switch c.Status {
		case l1.ClaimFinal:
			log.Info("claim final", "bond", o.params.ClaimBond)
		case l1.ClaimSlashed:
			log.Error("claim slashed", "lost", o.params.ClaimBond)
		case l1.ClaimDead:
			log.Warn("claim died", "bond", o.params.ClaimBond)
		default:
			log.Warn("claim open again after a reorganisation")
		}
	}
	t.known = known
}
