package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/l1/sim"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// follower executes the layers of a chain with the real engine, as an executor does.
type follower struct {
	t      *testing.T
	c      *sim.Chain
	engine *stf.Engine
	tree   *statetree.Tree
	carry  rollup.Carry
	height uint64
	layers []*stf.Layer
	trees  []*statetree.Tree // before each layer
	roots  []rollup.Hash     // of all steps
}

func (f *follower) follow() {
	for f.height < f.c.State().Tip().Height {
		f.height++
		l, err := f.c.Layer(ctx, f.height)
		require.NoError(f.t, err)
		var source *rollup.Layer
		if f.height > 1 {
			source, err = f.c.Layer(ctx, f.height-1)
			require.NoError(f.t, err)
		}
		s := f.c.State()
		d := rollup.Derive(&l.Header, source, &f.carry, s.Params(), s.ChainID())
		require.Equal(f.t, l.Header.ItemsRoot, d.ItemsRoot())
		f.carry = d.Carry
		require.Equal(f.t, l.Header.CarryRoot, f.carry.Root())
		layer := &stf.Layer{ChainID: s.ChainID(), Header: &l.Header, Params: s.Params(),
			Items: d.Items, Steps: d.Steps}
		f.layers = append(f.layers, layer)
		f.trees = append(f.trees, f.tree.Fork())
		res, err := f.engine.ApplyLayer(f.tree, layer)
		require.NoError(f.t, err)
		f.roots = append(f.roots, res.Roots...)
	}
}

// claim returns a claim of all layers up to one, and the number of its steps.
func (f *follower) claim(who string, to uint64, genesis rollup.Hash) *rollup.PostClaim {
	l, err := f.c.Layer(ctx, to)
	require.NoError(f.t, err)
	c := rollup.Claim{Executor: account(who), Reward: address.Address{5}, FromLayer: 1, ToLayer: to,
		L1BlockHash: l.Header.Hash(), PreRoot: genesis, VMVersion: 1}
	steps := 0
	for _, x := range f.layers[:to] {
		steps += len(x.Steps)
	}
	c.StepRoots = append(c.StepRoots, f.roots[:steps]...)
	return &rollup.PostClaim{Claim: c}
}

// TestRealDispute runs deposits through the real engine; one executor lies about the step that
// mints one, another proves it from a witness, and the judge, which has no state, finds the same.
func TestRealDispute(t *testing.T) {
	t.Parallel()
	g := genesis()
	g.Allocations = []rollup.Allocation{{Address: address.Address{4}, Amount: 1_000}}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	g.StateRoot = rollup.Hash(tree.Root())
	engine := stf.New()
	c, err := sim.New(g, sim.Options{Proposer: account("proposer"), Judge: dispute.NewJudge(engine)})
	require.NoError(t, err)
	f := &follower{t: t, c: c, engine: stf.New(), tree: tree}

	send(t, c, "alice", &rollup.Deposit{To: address.Address{9}, Amount: 7_000})
	mine(t, c, 3)
	f.follow()
	honest, lie := f.claim("alice", 3, g.StateRoot), f.claim("bob", 3, g.StateRoot)
	step := 3 // of layer 2: begin is 2, the deposit is 3
	lie.Claim.StepRoots[step][0] ^= 1
	for _, p := range []*rollup.PostClaim{honest, lie} {
		who := map[bool]string{true: "alice", false: "bob"}[p == honest]
		send(t, c, who, &rollup.ClaimCommit{
			Commitment: rollup.CommitHash(account(who), p.Salt, p.Claim.ID())})
	}
	mine(t, c, 1)
	send(t, c, "alice", honest)
	send(t, c, "bob", lie)
	mine(t, c, 1)
	require.Len(t, c.State().Claims(), 2)

	// The challenger executes layer 2 up to the step and proves it.
	before := f.trees[1]
	begin, err := engine.ApplyStep(stf.Backend(before), f.layers[1], 0)
	require.NoError(t, err)
	require.NoError(t, stf.Commit(before, begin.Changes))
	witness, post, err := dispute.Prove(engine, before, f.layers[1], 1)
	require.NoError(t, err)
	require.Equal(t, f.roots[step], post)
	id := lie.Claim.ID()
	send(t, c, "alice", &rollup.ChallengeOpen{ClaimID: id, Step: uint32(step),
		Commitment: rollup.OpenHash(c.State().ChainID(), id, uint32(step), account("alice"),
			rollup.Hash{}, rollup.WitnessHash(witness))})
	mine(t, c, 1)
	send(t, c, "alice", &rollup.ChallengeProve{ClaimID: id, Step: uint32(step), Witness: witness})
	mine(t, c, 1)
	claims := c.State().Claims()
	require.Equal(t, l1.ClaimSlashed, claims[1].Status)
	require.Equal(t, rollup.VerdictFraud, claims[1].LastVerdict.Code)
	require.Equal(t, post, claims[1].LastVerdict.ComputedRoot)

	// The honest claim becomes final, and the header after that pays it.
	mine(t, c, int(g.Params.ChallengeWindow))
	f.follow()
	require.Equal(t, l1.FinalHead{Layer: 3, Root: honest.Claim.StepRoots[len(honest.Claim.StepRoots)-1]},
		c.State().Final())
	require.Equal(t, uint64(8_000), c.State().Locked())
}
