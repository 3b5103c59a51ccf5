package l1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// chaos turns bytes into L1 transactions of all kinds, most of them sensible, some not.
type chaos struct {
	b      []byte
	sound  bool // the reference engine has no bug
	s      *l1.State
	nonces map[string]uint64
	claims []*rollup.PostClaim
	proofs map[string][]*rollup.ChallengeProve // of what an actor opened
}

func (c *chaos) byte() int {
	if len(c.b) == 0 {
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return int(v)
}

func (c *chaos) tx() rollup.L1Tx {
	who := actors[c.byte()%len(actors)]
	nonce := c.nonces[who]
	if c.byte()%16 == 15 {
		nonce += uint64(c.byte() % 3)
	} else {
		c.nonces[who]++
	}
	return signed(c.s, who, nonce, c.payload(who))
}

func (c *chaos) payload(who string) rollup.L1Payload {
	switch c.byte() % 12 {
	case 0:
		return &rollup.Transfer{To: account(actors[c.byte()%4]), Amount: uint64(1) << (c.byte() % 64)}
	case 1:
		return &rollup.Deposit{Amount: uint64(1) << (c.byte() % 64)}
	case 2:
		return &rollup.PostBundle{Bundle: c.b, Weight: uint64(c.byte()), Bid: uint64(c.byte())}
	case 3:
		return &rollup.ForcedTx{Tx: forced(c.s, uint64(c.byte()), uint64(c.byte())<<20)}
	case 4, 5:
		return c.commit(who)
	case 6, 7:
		if p := c.claim(who); p != nil {
			return p
		}
	case 8, 9:
		return c.open(who)
	case 10, 11:
		if ps := c.proofs[who]; len(ps) > 0 {
			return ps[len(ps)-1-c.byte()%min(len(ps), 2)]
		}
	}
	return &rollup.ClaimCommit{}
}

func (c *chaos) commit(who string) rollup.L1Payload {
	tip := c.s.Tip().Height
	from := c.s.Final().Layer + 1
	if c.byte()%8 == 0 {
		from = uint64(c.byte())
	}
	to := min(from+uint64(c.byte()%3), tip)
	p := &rollup.PostClaim{Claim: rollup.Claim{
		Executor: account(who), Reward: account(who), FromLayer: from, ToLayer: to,
		PreRoot: c.s.Final().Root, VMVersion: 1,
	}}
	if l, err := c.s.Layer(to); err == nil {
		p.Claim.L1BlockHash = l.Header.Hash()
	}
	wrong := c.byte() % 8
	root := p.Claim.PreRoot
	if open := c.s.Claims(); len(open) > 0 && c.byte()%2 == 0 { // build on another claim
		on := open[len(open)-1].Claim
		from = on.ToLayer + 1
		root, to = on.StepRoots[len(on.StepRoots)-1], max(from, min(to, tip))
		p.Claim.FromLayer, p.Claim.ToLayer, p.Claim.PreRoot = from, to, root
		if l, err := c.s.Layer(to); err == nil {
			p.Claim.L1BlockHash = l.Header.Hash()
		}
	}
	for h := from; h <= to; h++ {
		l, err := c.s.Layer(h)
		if err != nil {
			break
		}
		for i := range int(l.Header.StepCount) {
			if root = toyRoot(root, h, i); len(p.Claim.StepRoots) == wrong {
				root[0] ^= 1
			}
			p.Claim.StepRoots = append(p.Claim.StepRoots, root)
		}
	}
	c.claims = append(c.claims, p)
	return &rollup.ClaimCommit{Commitment: rollup.CommitHash(account(who), p.Salt, p.Claim.ID())}
}

// claim returns the newest claim of an actor, or sometimes of another.
func (c *chaos) claim(who string) *rollup.PostClaim {
	thief := c.byte()%8 == 0
	for i := len(c.claims) - 1; i >= 0; i-- {
		if thief != (c.claims[i].Claim.Executor == account(who)) {
			return c.claims[i]
		}
	}
	return nil
}

// open challenges a claim that can be challenged, where there is one.
func (c *chaos) open(who string) rollup.L1Payload {
	p := new(rollup.Claim)
	for _, info := range c.s.Claims() {
		if info.Status == l1.ClaimOpen && (p.ToLayer == 0 || c.byte()%2 == 0) {
			p = &info.Claim
		}
	}
	step := c.byte() % 8
	var w []byte
	switch c.byte() % 16 {
	case 0:
		if w = []byte("bug"); c.sound {
			w = nil
		}
	case 1:
		w = []byte("junk")
	default:
		w = toyWitness(p.PreRoot)
		if step > 0 && step <= len(p.StepRoots) {
			w = toyWitness(p.StepRoots[step-1])
		}
	}
	proof := &rollup.ChallengeProve{ClaimID: p.ID(), Step: uint32(step), Witness: w}
	c.proofs[who] = append(c.proofs[who], proof)
	return &rollup.ChallengeOpen{ClaimID: proof.ClaimID, Step: proof.Step,
		Commitment: rollup.OpenHash(c.s.ChainID(), proof.ClaimID, proof.Step, account(who),
			proof.Salt, rollup.WitnessHash(w))}
}

// FuzzApply runs blocks of arbitrary transactions: a block that Build makes is one that Apply
// takes, money is conserved, what a block says survives its encoding, and a final root never
// changes.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x03\x00\x04\x01\x02\x00\x00\x06\x00\x00\x08\x00\x01\x00\x09\x00"))
	f.Add([]byte("a claim and its challenges, by whoever comes first, again and again and again"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<10 {
			return
		}
		s := newToy(t, func(p *rollup.Params) {
			p.ReorgBound, p.ChallengeWindow, p.ProveWindow, p.MaxOpenClaims = 1, 2, 2, 3
		})
		c := &chaos{b: b, s: s, nonces: map[string]uint64{},
			proofs: map[string][]*rollup.ChallengeProve{}}
		for blocks := 0; len(c.b) > 0 && blocks < 64; blocks++ {
			for _, name := range actors {
				c.nonces[name] = s.Account(account(name)).Nonce
			}
			var txs []rollup.L1Tx
			for range c.byte() % 6 {
				txs = append(txs, c.tx())
			}
			checkBlock(t, s, txs)
		}
	})
}

// checkBlock makes a block and checks what must hold after every one.
func checkBlock(t *testing.T, s *l1.State, txs []rollup.L1Tx) []l1.Event {
	t.Helper()
	final := s.Final()
	l, _ := s.Build(txs, env(s, 1))
	l, err := rollup.DecodeLayer(l.Encode(), s.Params())
	require.NoError(t, err)
	events, err := s.Apply(l)
	require.NoError(t, err)
	require.NoError(t, s.CheckMoney())
	require.GreaterOrEqual(t, s.Final().Layer, final.Layer)
	if s.Final().Layer == final.Layer {
		require.Equal(t, final, s.Final())
	}
	for _, e := range events {
		require.NotEmpty(t, e.String())
	}
	for _, c := range s.Claims() {
		require.LessOrEqual(t, c.Claim.ToLayer, s.Tip().Height)
		if c.Status != l1.ClaimOpen {
			require.Zero(t, c.Pending, "a claim that is over has no open challenge")
		}
	}
	return events
}
