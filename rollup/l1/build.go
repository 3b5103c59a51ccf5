package l1

import (
	"cmp"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// Env is what the L1's own consensus decides about a block.
type Env struct {
	Time     uint64 // seconds; raised to one more than the parent's where it is not above it
	Beacon   rollup.Hash
	Proposer address.Address // earns the unburned half of the byte fees
}

// Refusal is a candidate that this block and later ones will not take as it is.
type Refusal struct {
	ID     rollup.Hash
	Reason rollup.Reason
}

// Build makes the next block of candidates, taken in order except that those of one sender go by
// nonce. What is refused for good is reported; what is neither in the block nor refused waits: for
// a nonce before it, or for room. The state is not changed: Apply the block.
func (s *State) Build(candidates []rollup.L1Tx, env Env) (*rollup.Layer, []Refusal) {
	env.Time = max(env.Time, s.history.tip().layer.Header.Time+1)
	if err := s.Supported(); err != nil {
		panic("BUG: " + err.Error())
	}
	x := s.Clone().begin(env)
	var refused []Refusal
	l := &rollup.Layer{}
	for _, i := range byNonce(candidates) {
		tx := &candidates[i]
		switch fate, reason := x.run(tx); {
		case fate == taken:
			l.Txs = append(l.Txs, *tx)
		case fate == barred && tx.Payload != nil:
			refused = append(refused, Refusal{tx.ID(), reason})
		}
	}
	x.header.TxsRoot = rollup.TxsRoot(l.Txs)
	l.Header = *x.header
	return l, refused
}

// byNonce returns the order in which candidates are tried: the places that a sender holds are given
// to its transactions by rising nonce.
func byNonce(txs []rollup.L1Tx) []int {
	places := make(map[[32]byte][]int)
	for i := range txs {
		places[txs[i].Sender] = append(places[txs[i].Sender], i)
	}
	order := make([]int, len(txs))
	//lint:unordered the places of different senders are disjoint
	for _, at := range places {
		sorted := slices.Clone(at)
		slices.SortStableFunc(sorted, func(a, b int) int {
			return cmp.Compare(txs[a].Nonce, txs[b].Nonce)
		})
		for k, place := range at {
			order[place] = sorted[k]
		}
	}
	return order
}
