package stf

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// TestSeenOutlivesTheForcedQueue [21]: the fullest queue that L1 admits, in the order that layers
// take worst, is through before the seen set may forget what its oldest transaction was.
func TestSeenOutlivesTheForcedQueue(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	p.MaxVerify = metering.Units{metering.Compute: 1, metering.Read: 1} // else it takes other rooms
	share := p.ForcedShare()
	room := share
	for d := range room {
		room[d] *= p.MaxCarryDelay
	}
	var carry rollup.Carry
	var queued metering.Units
	chain := rollup.Hash{1}
	nonce := uint64(0)
	// Of one dimension after another as much as fits, in pieces of which a layer takes the least.
	for d := metering.Compute; d < metering.Dimensions; d++ {
		for {
			var units metering.Units
			units[d] = share[d]/9 + 1
			tx := &rollup.Tx{
				ChainID: chain, Principal: address.Address{7}, Nonce: rollup.Nonce{Value: nonce},
				Calls: []rollup.Call{{}}, MaxUnits: units, ExpiryLayer: 1 << 40,
			}
			raw := tx.Encode()
			item, err := p.CheckForced(raw, 1, chain)
			require.NoError(t, err)
			next := queued.Add(p.Declared(item).Units)
			if !next.Fits(room) {
				break
			}
			queued, nonce = next, nonce+1
			carry.Forced = append(carry.Forced, rollup.ForcedEntry{Accepted: 1, Tx: raw})
		}
	}
	require.Greater(t, len(carry.Forced), 100)
	layers := uint64(0)
	for ; len(carry.Forced) > 0; layers++ {
		h := &rollup.Header{Height: 2 + layers}
		d := rollup.Derive(h, nil, &carry, &p, chain)
		require.Empty(t, d.Drops)
		carry = d.Carry
	}
	t.Logf("%d transactions took %d layers", nonce, layers)
	require.Greater(t, layers, 2*p.MaxCarryDelay, "the queue is longer than one dimension's share")
	require.LessOrEqual(t, layers, seenRetention(&p))
}
