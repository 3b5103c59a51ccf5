package executor

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// diary keeps the messages of a log with their attributes.
type diary struct {
	mu   sync.Mutex
	told []string
}

func (d *diary) Enabled(context.Context, slog.Level) bool { return true }
func (d *diary) WithGroup(string) slog.Handler            { return d }

func (d *diary) WithAttrs([]slog.Attr) slog.Handler { return d }

func (d *diary) Handle(_ context.Context, r slog.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	})
	d.told = append(d.told, text)
	return nil
}

func (d *diary) count(text string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.told {
		if s == text {
			n++
		}
	}
	return n
}

// Whoever proves first is told of the reward, the other of the refund, with the amounts that L1
// paid; and the liar of its loss.
func TestOutcomesAreTold(t *testing.T) {
	n := newNetwork(t, nil)
	n.post(n.sign("alice: spawn", "bob: spawn")...)
	p := &n.genesis.Params
	diaries := map[address.Address]*diary{}
	open := func(name string, cfg Config) *Executor {
		d := new(diary)
		diaries[l1Account(name)] = d
		cfg.Log = slog.New(d)
		return n.open(cfg)
	}
	liar := open("liar", n.liar("liar", 3, func(int) int { return 0 }))
	one, two := open("one", n.poster("one")), open("two", n.poster("two"))
	events := n.turns(40, liar, one, two)
	won, refunds := map[address.Address]int{}, map[string]int{}
	for _, s := range of[l1.Slashed](events) {
		won[s.Challenger]++
		require.Equal(t, p.ClaimBond/100*rewardPercent, s.ToChallenger)
	}
	for _, b := range of[l1.BondReturned](events) {
		if b.Code != rollup.VerdictNone && b.Code != rollup.VerdictFraud {
			refunds[fmt.Sprintf("%s: challenge refunded bond=%d fee=%d", b.To, b.Amount, b.Fees)]++
			require.Equal(t, p.ChallengeBond, b.Amount)
		}
	}
	require.NotEmpty(t, won)
	require.NotEmpty(t, refunds)
	for who, d := range diaries {
		if who == l1Account("liar") {
			require.Equal(t, len(of[l1.Slashed](events)),
				d.count(fmt.Sprintf("claim slashed lost=%d", p.ClaimBond)))
			continue
		}
		require.Equal(t, won[who], d.count(fmt.Sprintf("challenge won reward=%d bond=%d",
			p.ClaimBond/100*rewardPercent, p.ChallengeBond)))
		for _, text := range d.told {
			if strings.HasPrefix(text, "challenge refunded") {
				refunds[who.String()+": "+text]--
			}
		}
	}
	for text, left := range refunds {
		require.Zero(t, left, text)
	}
	var left int
	require.NoError(t, one.outbox.store.Range([]byte{keyOutcome}, []byte{keyOutcome + 1},
		func(_, _ []byte) bool { left++; return true }))
	require.Less(t, left, 4, "what is settled is forgotten")
}

func TestOutcomeOf(t *testing.T) {
	n := newNetwork(t, nil)
	o := n.open(n.poster("one")).outbox
	verdict := func(step uint32, code rollup.VerdictCode) *rollup.Verdict {
		return &rollup.Verdict{Step: step, Code: code}
	}
	other := l1Account("two")
	for name, c := range map[string]struct {
		info   *l1.ClaimInfo
		proved bool
		height uint64
		want   outcome
	}{
		"forgotten": {nil, true, 11, outcomeUnknown},
		"waits":     {&l1.ClaimInfo{}, true, 50, outcomeOpen},
		"too late":  {&l1.ClaimInfo{}, false, 10 + n.genesis.Params.ProveWindow, outcomeLost},
		"in time":   {&l1.ClaimInfo{}, false, 9 + n.genesis.Params.ProveWindow, outcomeOpen},
		"won": {&l1.ClaimInfo{Status: l1.ClaimSlashed, Challenger: o.account,
			LastVerdict: verdict(3, rollup.VerdictFraud)}, true, 12, outcomeWon},
		"slower": {&l1.ClaimInfo{Status: l1.ClaimSlashed, Challenger: other,
			LastVerdict: verdict(3, rollup.VerdictFraud)}, true, 12, outcomeRefunded},
		"another step": {&l1.ClaimInfo{Status: l1.ClaimSlashed, Challenger: o.account,
			LastVerdict: verdict(4, rollup.VerdictFraud)}, true, 12, outcomeRefunded},
		"upheld for another": {&l1.ClaimInfo{Challenger: other,
			LastVerdict: verdict(3, rollup.VerdictUpheld)}, true, 12, outcomeLost},
		"bad witness": {&l1.ClaimInfo{Challenger: o.account,
			LastVerdict: verdict(3, rollup.VerdictBadWitness)}, true, 12, outcomeLost},
		"another's bad witness": {&l1.ClaimInfo{Challenger: other,
			LastVerdict: verdict(3, rollup.VerdictBadWitness)}, true, 12, outcomeOpen},
		"suspended": {&l1.ClaimInfo{Challenger: o.account,
			LastVerdict: verdict(3, rollup.VerdictInconclusive)}, true, 12, outcomeOpen},
		"died":  {&l1.ClaimInfo{Status: l1.ClaimDead}, true, 12, outcomeRefunded},
		"final": {&l1.ClaimInfo{Status: l1.ClaimFinal}, true, 12, outcomeLost},
	} {
		ch := &challenged{step: 3, opened: 10, proved: c.proved}
		require.Equal(t, c.want, o.outcomeOf(ch, c.info, l1.Tip{Height: c.height}), name)
		w := ch.write()
		again, err := decodeChallenged(w.Key, w.Value)
		require.NoError(t, err)
		require.Equal(t, ch, again)
	}
}
