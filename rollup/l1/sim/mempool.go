package sim

import (
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

const (
	// senderShare is the part of the pool that one sender may hold: 1/4.
	senderShare = 4
	// maxRefusals is how many refusals are remembered.
	maxRefusals = 4096
)

// waiting is a transaction that is in no block.
type waiting struct {
	id   rollup.Hash
	tx   *rollup.L1Tx
	size int
}

// slot is a nonce of a sender: one transaction may wait for it.
type slot struct {
	from  address.Address
	nonce uint64
}

// mempool holds the transactions that wait, in order of arrival. Its owner locks it.
type mempool struct {
	maxTxs, maxBytes int

	txs     []waiting
	bytes   int
	ids     map[rollup.Hash]struct{}
	slots   map[slot]struct{}
	senders map[address.Address]int

	refused map[rollup.Hash]rollup.Reason
	recent  []rollup.Hash // keys of refused, oldest first
}

func newMempool(maxTxs, maxBytes int) *mempool {
	return &mempool{
		maxTxs:   maxTxs,
		maxBytes: maxBytes,
		ids:      map[rollup.Hash]struct{}{},
		slots:    map[slot]struct{}{},
		senders:  map[address.Address]int{},
		refused:  map[rollup.Hash]rollup.Reason{},
	}
}

func (m *mempool) has(id rollup.Hash) bool {
	_, ok := m.ids[id]
	return ok
}

// list returns the transactions in order of arrival.
func (m *mempool) list() []rollup.L1Tx {
	out := make([]rollup.L1Tx, len(m.txs))
	for i, w := range m.txs {
		out[i] = *w.tx
	}
	return out
}

// add takes a transaction, or says why not.
func (m *mempool) add(id rollup.Hash, tx *rollup.L1Tx, size int) rollup.Reason {
	from := tx.From()
	if _, taken := m.slots[slot{from, tx.Nonce}]; taken {
		return rollup.ReasonL1BadNonce
	}
	if len(m.txs) >= m.maxTxs || m.bytes+size > m.maxBytes ||
		m.senders[from] >= max(1, m.maxTxs/senderShare) {
		return rollup.ReasonQueueFull
	}
	m.insert(len(m.txs), waiting{id, tx, size})
	return rollup.ReasonNone
}

// putBack takes the transactions of dropped blocks before all others. It refuses none for room:
// they were accepted once. A transaction that took a nonce of theirs since then has to go.
func (m *mempool) putBack(txs []rollup.L1Tx) {
	for i := range txs {
		s := slot{txs[i].From(), txs[i].Nonce}
		if _, taken := m.slots[s]; !taken {
			continue
		}
		for _, w := range m.txs {
			if (slot{w.tx.From(), w.tx.Nonce}) == s {
				m.refuse(w.id, rollup.ReasonL1BadNonce)
				break
			}
		}
	}
	for i := range txs {
		m.insert(i, waiting{txs[i].ID(), &txs[i], len(txs[i].Encode())})
	}
}

func (m *mempool) insert(at int, w waiting) {
	from := w.tx.From()
	m.txs = slices.Insert(m.txs, at, w)
	m.bytes += w.size
	m.ids[w.id] = struct{}{}
	m.slots[slot{from, w.tx.Nonce}] = struct{}{}
	m.senders[from]++
	delete(m.refused, w.id)
}

func (m *mempool) remove(id rollup.Hash) {
	if !m.has(id) {
		return
	}
	i := slices.IndexFunc(m.txs, func(w waiting) bool { return w.id == id })
	w := m.txs[i]
	from := w.tx.From()
	m.txs = slices.Delete(m.txs, i, i+1)
	m.bytes -= w.size
	delete(m.ids, id)
	delete(m.slots, slot{from, w.tx.Nonce})
	if m.senders[from]--; m.senders[from] == 0 {
		delete(m.senders, from)
	}
}

// refuse removes a transaction and remembers why.
func (m *mempool) refuse(id rollup.Hash, r rollup.Reason) {
	m.remove(id)
	if _, ok := m.refused[id]; !ok {
		m.recent = append(m.recent, id)
	}
	m.refused[id] = r
	if len(m.recent) > maxRefusals {
		delete(m.refused, m.recent[0])
		m.recent = m.recent[1:]
	}
}

// nextNonce returns the nonce after those of an account that wait without a gap.
func (m *mempool) nextNonce(a address.Address, next uint64) uint64 {
	for {
		if _, ok := m.slots[slot{a, next}]; !ok {
			return next
		}
		next++
	}
}
