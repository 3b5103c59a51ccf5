package host

import (
	"bytes"

	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/trap"
)

const wordBytes = 32 // a storage key, and a value of the published calls

// Storage status: what a write did, in the names of EIP-2200, against the value at the start of the
// transaction. See docs/spec/abi.md, "Storage".
const (
	statusAssigned         = 0
	statusAdded            = 1
	statusDeleted          = 2
	statusModified         = 3
	statusDeletedAdded     = 4
	statusModifiedDeleted  = 5
	statusDeletedRestored  = 6
	statusAddedDeleted     = 7
	statusModifiedRestored = 8
)

// slotData is the data of a slot, which may be empty and present.
type slotData struct {
	data    []byte
	present bool
}

func (v slotData) equal(w slotData) bool {
	return v.present == w.present && bytes.Equal(v.data, w.data)
}

// storageRead serves 0xA0(key): the key is overwritten by the value.
func (f *frame) storageRead(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) || !f.m.Writable(a[0], wordBytes) {
		return trap.BadHostArgument
	}
	v, present, code := f.loadSlot(f.word(a[0]))
	if code != trap.None {
		return code
	}
	switch {
	case !present:
		v.Data = make([]byte, wordBytes)
	case len(v.Data) != wordBytes:
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(wordBytes); code != trap.None {
		return code
	}
	f.store(a[0], v.Data)
	return trap.None
}

// storageWrite serves 0xA1(key, value): 32 zero bytes delete.
func (f *frame) storageWrite(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) || !f.m.Readable(a[1], wordBytes) {
		return trap.BadHostArgument
	}
	value := f.word(a[1])
	return f.storeSlot(f.word(a[0]), slotData{value[:], value != [wordBytes]byte{}})
}

// storageLoad serves 0xB3(key, out, cap).
func (f *frame) storageLoad(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) || !f.m.Writable(a[1], a[2]) {
		return trap.BadHostArgument
	}
	v, present, code := f.loadSlot(f.word(a[0]))
	if code != trap.None {
		return code
	}
	if !present {
		f.result(failed(errAbsent))
		return trap.None
	}
	part := v.Data[:min(uint64(a[2]), uint64(len(v.Data)))]
	if code := f.chargeCopy(len(part)); code != trap.None {
		return code
	}
	f.store(a[1], part)
	f.result(uint32(len(v.Data)))
	return trap.None
}

// storageStore serves 0xB4(key, ptr, len).
func (f *frame) storageStore(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) || !f.m.Readable(a[1], a[2]) ||
		a[2] > f.t.x.limits.SlotValueBytes {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(int(a[2])); code != trap.None {
		return code
	}
	return f.storeSlot(f.word(a[0]), slotData{f.bytes(a[1], a[2]), true})
}

// storageDelete serves 0xB5(key): t0 = 1 if there was something to delete.
func (f *frame) storageDelete(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) {
		return trap.BadHostArgument
	}
	key := f.word(a[0])
	v, present, code := f.loadSlot(key)
	if code != trap.None {
		return code
	}
	if code := f.chargeRefund(v, -1); code != trap.None {
		return code
	}
	if present {
		f.t.st.DeleteSlot(f.self, key)
		f.result(1)
	} else {
		f.result(0)
	}
	return trap.None
}

// storageHas serves 0xB6(key): t0 = 1 if the key is present.
func (f *frame) storageHas(a args) trap.Code {
	if !f.m.Readable(a[0], wordBytes) {
		return trap.BadHostArgument
	}
	_, present, code := f.loadSlot(f.word(a[0]))
	if code != trap.None {
		return code
	}
	if present {
		f.result(1)
	} else {
		f.result(0)
	}
	return trap.None
}

// word reads 32 bytes whose range was checked.
func (f *frame) word(addr uint32) [wordBytes]byte {
	return [wordBytes]byte(f.bytes(addr, wordBytes))
}

// loadSlot charges and reads a slot of the frame's account.
func (f *frame) loadSlot(
	key [wordBytes]byte,
) (v state.SlotValue, present bool, code trap.Code) {
	t := f.t
	if code := t.chargeKey(f.m, t.st.SlotWarm(f.self, key)); code != trap.None {
		return v, false, code
	}
	v, present = t.st.Slot(f.self, key)
	if code := t.st.TakeFault(); code != trap.None {
		return v, false, code
	}
	return v, present, f.charge(perWord(0, t.x.schedule.Host.SlotWord, len(v.Data)))
}

// chargeRefund charges the header of who gets a deposit back when a slot that holds v gets n bytes,
// or is deleted (n < 0). See docs/spec/rent.md.
func (f *frame) chargeRefund(v state.SlotValue, n int) trap.Code {
	payer, ok := f.t.st.RefundOf(v, n)
	if !ok {
		return trap.None
	}
	return f.t.chargeKey(f.m, f.t.st.HeaderWarm(payer))
}

// storeSlot charges and writes a slot of the frame's account, and sets t0 to the storage status.
func (f *frame) storeSlot(key [wordBytes]byte, next slotData) trap.Code {
	st := f.t.st
	if !next.present {
		next.data = nil
	}
	v, present, code := f.loadSlot(key)
	if code != trap.None {
		return code
	}
	current := slotData{v.Data, present}
	cost := perWord(0, f.t.x.schedule.Host.SlotWord, len(next.data))
	if code := f.charge(cost); code != trap.None {
		return code
	}
	size := len(next.data)
	if !next.present {
		size = -1
	}
	if code := f.chargeRefund(v, size); code != trap.None {
		return code
	}
	o, ok := st.OriginalSlot(f.self, key)
	switch {
	case next.equal(current):
	case next.present:
		st.SetSlot(f.self, key, next.data)
	default:
		st.DeleteSlot(f.self, key)
	}
	f.result(storageStatus(slotData{o.Data, ok}, current, next))
	return trap.None
}

// storageStatus compares the value at the start of the transaction, the current one and the next.
func storageStatus(original, current, next slotData) uint32 {
	switch {
	case next.equal(current):
		return statusAssigned
	case current.equal(original): // first change
		switch {
		case !original.present:
			return statusAdded
		case !next.present:
			return statusDeleted
		}
		return statusModified
	case !original.present: // something was added before
		if !next.present {
			return statusAddedDeleted
		}
		return statusAssigned
	case !current.present: // something was deleted before
		if next.equal(original) {
			return statusDeletedRestored
		}
		return statusDeletedAdded
	case !next.present:
		return statusModifiedDeleted
	case next.equal(original):
		return statusModifiedRestored
	}
	return statusAssigned
}
