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
	slots   map[slot]rollup.Hash
	senders map[address.Address]int

	refused map[rollup.Hash]rollup.Reason
	recent  []rollup.Hash // keys of refused, oldest first
}

func newMempool(maxTxs, maxBytes int) *mempool {
	return &mempool{
		maxTxs:   maxTxs,
		maxBytes: maxBytes,
		ids:      map[rollup.Hash]struct{}{},
		slots:    map[slot]rollup.Hash{},
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

// add takes a transaction, or says why not. One that outbids what waits for its nonce replaces it;
// replaced is then what had to go.
func (m *mempool) add(
	id rollup.Hash, tx *rollup.L1Tx, size int,
) (replaced rollup.Hash, why rollup.Reason) {
	from := tx.From()
	at := slot{from, tx.Nonce}
	if old, taken := m.slots[at]; taken {
		w := m.txs[m.find(old)]
		if !outbids(tx, w.tx) {
			return replaced, rollup.ReasonL1BadNonce
		}
		if m.bytes-w.size+size > m.maxBytes {
			return replaced, rollup.ReasonQueueFull
		}
		m.refuse(old, rollup.ReasonReplaced)
		replaced = old
	} else if len(m.txs) >= m.maxTxs || m.bytes+size > m.maxBytes ||
		m.senders[from] >= max(1, m.maxTxs/senderShare) {
		return replaced, rollup.ReasonQueueFull
	}
	m.insert(len(m.txs), waiting{id, tx, size})
	return replaced, rollup.ReasonNone
}

// outbids reports whether a transaction may take the place of another that waits for the same nonce:
// both post bundles, and its bid is higher by more than an eighth, so that a place changes hands a
// bounded number of times.
func outbids(next, waits *rollup.L1Tx) bool {
	a, ok := next.Payload.(*rollup.PostBundle)
	if !ok {
		return false
	}
	b, ok := waits.Payload.(*rollup.PostBundle)
	return ok && a.Bid > b.Bid && a.Bid-b.Bid > b.Bid/8
}

// putBack takes the transactions of dropped blocks before all others. It refuses none for room:
// they were accepted once.
func (m *mempool) putBack(txs []rollup.L1Tx) {
	for _, id := range m.displaced(txs) {
		m.refuse(id, rollup.ReasonL1BadNonce)
	}
	for i := range txs {
		m.insert(i, waiting{txs[i].ID(), &txs[i], len(txs[i].Encode())})
	}
}

// displaced returns what has to go when the transactions of dropped blocks come back: whatever took
// a nonce of theirs since then.
func (m *mempool) displaced(txs []rollup.L1Tx) (ids []rollup.Hash) {
	for i := range txs {
		if id, taken := m.slots[slot{txs[i].From(), txs[i].Nonce}]; taken {
			ids = append(ids, id)
		}
	}
	return ids
}

// restore takes what waited before a restart, whatever the room: it was accepted once.
func (m *mempool) restore(tx *rollup.L1Tx, size int) {
	if _, taken := m.slots[slot{tx.From(), tx.Nonce}]; !taken {
		m.insert(len(m.txs), waiting{tx.ID(), tx, size})
	}
}

func (m *mempool) find(id rollup.Hash) int {
	return slices.IndexFunc(m.txs, func(w waiting) bool { return w.id == id })
}

func (m *mempool) insert(at int, w waiting) {
	from := w.tx.From()
	m.txs = slices.Insert(m.txs, at, w)
	m.bytes += w.size
	m.ids[w.id] = struct{}{}
	m.slots[slot{from, w.tx.Nonce}] = w.id
	m.senders[from]++
	delete(m.refused, w.id)
}

func (m *mempool) remove(id rollup.Hash) {
	if !m.has(id) {
		return
	}
	i := m.find(id)
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
