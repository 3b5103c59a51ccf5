package relay

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// What waits is weighed by the layer that will execute it: after an upgrade that makes transactions
// heavier, also after a restart, no bundle is dropped for a weight that was right when its
// transactions were accepted.
func TestUpgradeWeighsAgain(t *testing.T) {
	n := newNetwork(t, func(g *rollup.Genesis, _ *simOptions) { g.Governor = l1Account("user") })
	dir := t.TempDir()
	at := func(cfg *Config) { cfg.Dir = dir }
	r := n.start(at)
	txs := n.accept(r, 3)
	up := &rollup.Upgrade{Params: n.genesis.Params}
	up.Params.MaxVerify[metering.Read] *= 2
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

	var weight uint64
	for _, x := range txs {
		d := up.Params.Declared(&rollup.Item{
			Kind: rollup.ItemTx, Tx: x, Size: uint32(len(x.Encode())),
		})
		weight += up.Params.Weight(d)
	}
	l, err := n.link.Layer(t.Context(), up.Activation-1)
	require.NoError(t, err)
	require.Len(t, l.Txs, 1)
	require.Equal(t, weight, l.Txs[0].Payload.(*rollup.PostBundle).Weight)
	n.mine(r, 1)
	l, err = n.link.Layer(t.Context(), up.Activation)
	require.NoError(t, err)
	require.Equal(t, uint32(5), l.Header.ItemCount, "begin, three transactions, end")
}
