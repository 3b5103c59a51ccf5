package dispute_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
)

// TestTransferWitness: what a transfer between two of many accounts shows, beside its code. It is two
// paths down the tree of accounts, and a few hashes beside the templates and the records of the layer;
// the relay is not there. At a million accounts, where each of the two paths is so many levels longer
// as there are doublings, it is below 2_500 bytes.
func TestTransferWitness(t *testing.T) {
	t.Parallel()
	const (
		accounts = 1 << 14
		million  = 1 << 20
		rich     = 1_000_000_000_000
	)
	c, err := stftest.New(rollup.DefaultParams(), map[string]uint64{"alice": rich})
	require.NoError(t, err)
	run(t, c, nil, "alice: spawn")
	s := state.New(stf.Backend(c.Tree))
	const turns = 32
	for i := range accounts {
		a := strangerAddress(i)
		if i < turns {
			a = c.Address(fmt.Sprint("stranger", i))
		}
		s.SetHeader(a, state.Header{Balance: 1_000})
	}
	require.NoError(t, stf.Commit(c.Tree, s.Changes()))

	doublings := math.Log2(million / accounts)
	var most, sum float64
	for i := range turns {
		p := proveLine(t, c.Clone(), fmt.Sprint("alice: spend stranger", i, " 1"))
		root, _ := readShape(p.witness)
		var hashes, keys, records, code, headers int
		for _, n := range root.nodes() {
			switch {
			case n.tag == 1:
				hashes += 32
			case n.tag == 2 && state.Kind(n.value[0]) == state.KindCode:
				code += len(n.value)
				keys += 32 - n.depth/8
			case n.tag == 2:
				records += len(n.value)
				keys += 32 - n.depth/8
				if state.Kind(n.value[0]) == state.KindHeader {
					headers++
				}
			}
		}
		require.Equal(t, 2, headers, "sender and receiver, not the relay")
		beside := float64(len(p.witness) - code)
		atMillion := beside + 2*32*doublings
		most, sum = max(most, atMillion), sum+atMillion
		if i == 0 {
			t.Logf("%d accounts: %.0f bytes without code: hashes %d, keys %d, records %d",
				accounts, beside, hashes, keys, records)
		}
	}
	t.Logf("at %d accounts: %.0f bytes on average, %.0f at most", million, sum/turns, most)
	require.Less(t, sum/turns, 2_500.0)
}

func strangerAddress(i int) (a address.Address) {
	h := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("stranger"), uint64(i)))
	copy(a[4:], h[:])
	return a
}

// proveLine proves the step of a line, in a layer of its own.
func proveLine(t *testing.T, c *stftest.Chain, line string) *proven {
	t.Helper()
	it, err := c.ParseItem(line, nonces(t, c))
	require.NoError(t, err)
	l := c.Layer([]rollup.Item{it}, 1)
	res, err := c.Engine.ApplyStep(stf.Backend(c.Tree), l, 0)
	require.NoError(t, err)
	require.NoError(t, stf.Commit(c.Tree, res.Changes))
	p := &proven{engine: c.Engine, layer: l, step: 1, pre: rollup.Hash(c.Tree.Root())}
	p.witness, p.post, err = dispute.Prove(c.Engine, c.Tree, l, 1)
	require.NoError(t, err)
	require.Equal(t, rollup.VerdictUpheld, p.judge(p.pre, p.post, p.witness).Code)
	return p
}
