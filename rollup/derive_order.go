package rollup

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/athenarollup/athena/address"
)

// ticket is a candidate's place in the shuffle.
type ticket struct {
	head    uint64 // of the sort key: its first 8 bytes, big-endian
	who     uint64 // of the principal: its last 8 bytes
	at      int32  // index of the candidate, then of its place
	ordered bool
}

// order sorts by the layer's shuffle; then the places of each principal's ordered transactions are
// filled again in the order of (nonce, TxHash). Unordered ones keep their place. Nobody can buy
// one.
func order(h *Header, all []*candidate) []*candidate {
	seed := make([]byte, 0, len(h.Beacon)+8)
	seed = append(seed, h.Beacon[:]...)
	for i := range 8 {
		seed = append(seed, byte(h.Height>>(8*i)))
	}
	key := func(c *candidate) Hash { return digest(domainOrder, seed, c.hash[:]) }
	tickets := make([]ticket, len(all))
	for i, c := range all {
		k := key(c)
		tickets[i] = ticket{
			head:    binary.BigEndian.Uint64(k[:]),
			at:      int32(i),
			who:     binary.BigEndian.Uint64(c.tx.Principal[address.Size-8:]),
			ordered: c.tx.Nonce.Kind != NonceUnordered,
		}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		x, y := key(all[a.at]), key(all[b.at])
		return bytes.Compare(x[:], y[:])
	})
	sorted := make([]*candidate, len(all))
	places := tickets[:0]
	for i, t := range tickets {
		sorted[i] = all[t.at]
		if t.ordered {
			t.at = int32(i)
			places = append(places, t)
		}
	}
	refillAll(sorted, places)
	return sorted
}

// refillAll refills the places of every principal that holds several; places are those of all
// ordered transactions.
func refillAll(all []*candidate, places []ticket) {
	who := func(t ticket) []byte { return all[t.at].tx.Principal[:] }
	slices.SortFunc(places, func(a, b ticket) int {
		if a.who != b.who {
			return cmp.Compare(a.who, b.who)
		}
		if c := bytes.Compare(who(a), who(b)); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].who == places[0].who &&
			bytes.Equal(who(places[n]), who(places[0])) {
			n++
		}
		if n > 1 {
			refill(all, places[:n])
		}
		places = places[n:]
	}
}

// refill puts the transactions at the given places, which ascend, in the order of (nonce, TxHash).
func refill(all []*candidate, places []ticket) {
	own := make([]*candidate, len(places))
	for i, t := range places {
		own[i] = all[t.at]
	}
	slices.SortFunc(own, func(a, b *candidate) int {
		if c := cmp.Compare(a.tx.Nonce.Value, b.tx.Nonce.Value); c != 0 {
			return c
		}
		return bytes.Compare(a.hash[:], b.hash[:])
	})
	for i, t := range places {
		all[t.at] = own[i]
	}
}
