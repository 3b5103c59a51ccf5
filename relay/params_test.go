package relay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

// smallerLayers halves what fits a layer, and keeps the shares of deposits and forced transactions.
func smallerLayers(p *rollup.Params) {
	for d := range p.Layer {
		p.Layer[d] /= 2
		p.PriceTarget[d] /= 2
	}
	p.ForcedShareDivisor /= 2
	p.DepositShareDivisor /= 2
}

// weightOf is what transactions weigh together.
func weightOf(p *rollup.Params, txs []*rollup.Tx) (weight uint64) {
	for _, x := range txs {
		weight += p.Weight(p.Declared(&rollup.Item{
			Kind: rollup.ItemTx, Tx: x, Size: uint32(len(x.Encode())),
		}))
	}
	return weight
}

// The room of a relay is what everything that comes before bundles in a layer leaves.
func TestRoom(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	all := roomOf(&p).Add(p.ForcedShare()).Add(p.DepositShare())
	for range p.MaxDepositsPerLayer + 2 {
		all = all.Add(p.SystemItem)
	}
	require.Equal(t, p.Layer, all)
}

// What was in a bundle during the upgrade, and is taken back, is weighed again, too.
func TestUpgradeWeighsWhatIsTakenBack(t *testing.T) {
	n := newNetwork(t, nil)
	r := n.stepped(nil, nil, nil)
	require.NoError(t, r.Step(t.Context()))
	txs := n.accept(r, 3)
	require.NoError(t, r.Flush(t.Context()))
	p := n.genesis.Params
	smallerLayers(&p)
	require.NoError(t, n.genesis.Params.ValidateUpgrade(&p))
	require.NoError(t, r.adopt(&p))
	require.NoError(t, r.takeBack(r.postings[0]))
	b := r.take(&rollup.Header{})
	require.Len(t, b.hashes, len(txs))
	_, weight := b.declared()
	require.Equal(t, weightOf(&p, txs), weight)

	// What leaves room for others in a layer of before would not in one of now.
	heavy := n.heavy(r, 14, nil)
	b = r.take(&rollup.Header{})
	require.Less(t, len(b.hashes), len(heavy))
	units, _ := b.declared()
	require.True(t, units.Fits(p.Layer))
}

// What waits is weighed by the layer that will execute it: after an upgrade that makes transactions
// heavier, also after a restart, no bundle is dropped for a weight that was right when its
// transactions were accepted.
func TestUpgradeWeighsAgain(t *testing.T) {
	n := newNetwork(t, func(g *rollup.Genesis, _ *simOptions) { g.Governor = l1Account("user") })
	dir := t.TempDir()
	at := func(cfg *Config) { cfg.Dir = dir }
	r := n.start(at)
	txs := n.accept(r, 3)
	weighed := weightOf(&n.genesis.Params, txs)
	up := &rollup.Upgrade{Params: n.genesis.Params}
	smallerLayers(&up.Params)
	up.Activation = n.height() + 1 + up.Params.UpgradeDelay()
	tx := &rollup.L1Tx{ChainID: n.genesis.ChainID(), Payload: up}
	tx.Sign(key("user"))
	_, err := n.link.Submit(t.Context(), tx)
	require.NoError(t, err)
	n.mine(r, int(up.Activation)-2) // what is posted now is in the last block before the activation
	require.NoError(t, r.Close())
	r = n.start(at)
	require.Equal(t, up.Params, *r.params.Load())
	require.NoError(t, r.Flush(t.Context()))
	n.mine(r, 1)

	weight := weightOf(&up.Params, txs)
	l, err := n.link.Layer(t.Context(), up.Activation-1)
	require.NoError(t, err)
	require.Len(t, l.Txs, 1)
	require.Equal(t, weight, l.Txs[0].Payload.(*rollup.PostBundle).Weight)
	require.Greater(t, weight, weighed, "the upgrade changes nothing")
	n.mine(r, 1)
	l, err = n.link.Layer(t.Context(), up.Activation)
	require.NoError(t, err)
	require.Equal(t, uint32(5), l.Header.ItemCount, "begin, three transactions, end")
}
