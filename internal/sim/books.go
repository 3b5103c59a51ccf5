package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

// books are the slots of one account as they lie in the state.
type books struct {
	slots   uint32
	bytes   uint64
	deposit uint64
}

// leafBytes is the length of a slot's leaf beside its payload: kind, owner, and the 32 bytes of its key
// with their length (docs/spec/state.md).
const leafBytes = 1 + address.Size + 1 + 32

// checkBooks: what the header of every account says of its slots is what is in the state. It returns
// what is wrong.
func checkBooks(t *statetree.Tree) (wrong []string, err error) {
	all := map[address.Address]*books{}
	var owners []address.Address
	err = stf.Walk(t, func(l stf.Leaf) error {
		if l.Kind != state.KindSlot && l.Kind != state.KindHeader {
			return nil
		}
		b := all[l.Owner]
		if b == nil {
			b = new(books)
			all[l.Owner] = b
			owners = append(owners, l.Owner)
		}
		if l.Kind == state.KindSlot {
			b.slots++
			b.bytes += leafBytes + uint64(len(l.Payload))
			b.deposit += binary.LittleEndian.Uint64(l.Payload[address.Size:])
		}
		return nil
	})
	for _, a := range owners {
		h := accountIn(t, a)
		if what := all[a].differ(&h); what != "" {
			wrong = append(wrong, fmt.Sprintf("account %s: %s", a, what))
		}
	}
	return wrong, err
}

// differ compares the slots of an account with its header.
func (b *books) differ(h *state.Header) string {
	full := h.Evicted == 0
	switch {
	case h.Slots != b.slots+h.Evicted:
		return fmt.Sprintf("%d slots and %d evicted, its header says %d", b.slots, h.Evicted, h.Slots)
	case full && h.StoredBytes != b.bytes || h.StoredBytes < b.bytes:
		return fmt.Sprintf("%d bytes, its header says %d", b.bytes, h.StoredBytes)
	case full && h.LockedDeposit != b.deposit || h.LockedDeposit < b.deposit:
		return fmt.Sprintf("deposits of %d, its header says %d", b.deposit, h.LockedDeposit)
	case h.Evicted > 0 && h.Status != state.Expired:
		return fmt.Sprintf("%d slots are evicted and its status is %d", h.Evicted, h.Status)
	}
	return ""
}

// checkRent: the books are right, and whatever was evicted can be brought back from receipts alone.
func (w *world) checkRent() error {
	wrong, err := checkBooks(w.oracle.head().tree)
	for _, what := range wrong {
		w.violate("%s", what)
	}
	for i := range shops {
		name := shopName(i)
		h := w.oracle.account(w.lines.Address(name))
		if w.sabotage == sabotageRent && h.Evicted > 0 {
			h.EvictAcc[0] ^= 1
		}
		if _, ok := w.oracle.evicted(w.lines.Address(name), &h); !ok {
			w.violate("%d slots of %s were evicted and receipts do not bring them back", h.Evicted, name)
		}
	}
	return err
}

// evictAcc is the accumulator of an account after an eviction (docs/spec/rent.md, "Sweep").
func evictAcc(e *eviction) [32]byte {
	leaf := append([]byte{byte(state.KindSlot)}, e.account[:]...)
	leaf = append(append(append(leaf, 32<<2), e.Slot[:]...), e.Payload...)
	key := state.KeyOf(state.KindSlot, e.account, e.Slot[:])
	value := sha256.Sum256(leaf)
	h := sha256.New()
	h.Write([]byte("athena/evict"))
	for _, part := range [][]byte{e.PrevAcc[:], key[:], value[:]} {
		h.Write(part)
	}
	return [32]byte(h.Sum(nil))
}

// evictionsOf lists what sweeps took of an account on the present chain, in order.
func (o *oracle) evictionsOf(a address.Address) (out []eviction) {
	for _, t := range o.layers {
		for _, e := range t.evictions {
			if e.account == a {
				out = append(out, e)
			}
		}
	}
	return out
}

// evicted returns which of the evictions of an account have to be undone, the newest first. It is not
// ok if they do not lead from the accumulator of its header to the first one.
func (o *oracle) evicted(a address.Address, h *state.Header) (stack []int, ok bool) {
	all := o.evictionsOf(a)
	for acc := h.EvictAcc; acc != [32]byte{}; {
		i := len(all) - 1
		for i >= 0 && (all[i].acc != acc || slices.Contains(stack, i)) {
			i--
		}
		if i < 0 {
			return nil, false
		}
		stack, acc = append(stack, i), all[i].PrevAcc
	}
	return stack, len(stack) == int(h.Evicted)
}

// account is an account at the head.
func (o *oracle) account(a address.Address) state.Header { return accountIn(o.head().tree, a) }

func accountIn(t *statetree.Tree, a address.Address) state.Header {
	h, err := stf.Account(t, a)
	if err != nil {
		panic(fmt.Sprintf("BUG: sim: the oracle's own state: %v", err))
	}
	return h
}
