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
	s      *l1.State
	nonces map[string]uint64
	claims []*rollup.PostClaim
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
	switch c.byte() % 10 {
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
		if len(c.claims) > 0 {
			return c.claims[c.byte()%len(c.claims)]
		}
	case 8:
		id, step, w := c.target()
		return &rollup.ChallengeOpen{ClaimID: id, Step: step, Commitment: rollup.OpenHash(
			c.s.ChainID(), id, step, account(who), rollup.Hash{}, rollup.WitnessHash(w))}
	case 9:
		id, step, w := c.target()
		return &rollup.ChallengeProve{ClaimID: id, Step: step, Witness: w}
	}
	return &rollup.ClaimCommit{}
}

func (c *chaos) commit(who string) rollup.L1Payload {
	tip := c.s.Tip().Height
	from := c.s.Final().Layer + uint64(c.byte()%3)
	to := min(from+uint64(c.byte()%4), tip)
	p := &rollup.PostClaim{Claim: rollup.Claim{
		Executor: account(who), Reward: account(who), FromLayer: from, ToLayer: to,
		PreRoot: c.s.Final().Root, VMVersion: 1,
	}}
	if l, err := c.s.Layer(to); err == nil {
		p.Claim.L1BlockHash = l.Header.Hash()
	}
	wrong := c.byte() % 16
	root := p.Claim.PreRoot
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

func (c *chaos) target() (id rollup.Hash, step uint32, witness []byte) {
	if len(c.claims) == 0 {
		return
	}
	p := &c.claims[c.byte()%len(c.claims)].Claim
	step = uint32(c.byte() % 8)
	switch c.byte() % 8 {
	case 0:
		return p.ID(), step, []byte("bug")
	case 1:
		return p.ID(), step, []byte("junk")
	}
	pre := p.PreRoot
	if step > 0 && int(step) <= len(p.StepRoots) {
		pre = p.StepRoots[step-1]
	}
	return p.ID(), step, toyWitness(pre)
}

// FuzzApply runs blocks of arbitrary transactions: a block that Build makes is one that Apply takes,
// money is conserved, what a block says survives its encoding, and a final root never changes.
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
		c := &chaos{b: b, s: s, nonces: map[string]uint64{}}
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

func checkBlock(t *testing.T, s *l1.State, txs []rollup.L1Tx) {
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
}
