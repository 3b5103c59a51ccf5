package host

import (
	"encoding/binary"

	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// Sizes of the records that programs ask for.
const (
	contextBytes      = 80
	layerContextBytes = 176
)

// callContext serves 0xA6(out).
func (f *frame) callContext(a args) trap.Code {
	e := scale.Encoder{B: make([]byte, 0, contextBytes)}
	e.U64(f.received)
	e.Raw(f.from.self[:])
	e.Raw(f.from.template[:])
	e.Raw(f.self[:])
	return f.give(a[0], e.B)
}

// layerContext serves 0xB2(out).
func (f *frame) layerContext(a args) trap.Code {
	c := &f.t.context
	e := scale.Encoder{B: make([]byte, 0, layerContextBytes)}
	e.U64(c.Height)
	e.U64(c.Time)
	e.Raw(c.Beacon[:])
	e.Raw(c.ParentHash[:])
	e.Raw(c.ChainID[:])
	e.Raw(f.t.origin[:])
	for _, price := range c.Prices {
		e.U64(price)
	}
	if code := f.give(a[0], e.B); code != trap.None {
		return code
	}
	f.result(0)
	return trap.None
}

// give checks the range of out, charges and copies b there.
func (f *frame) give(out uint32, b []byte) trap.Code {
	if !f.m.Writable(out, uint32(len(b))) {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(len(b)); code != trap.None {
		return code
	}
	f.store(out, b)
	return trap.None
}

// gasLeft serves 0xB1(out): the gas after this call's own charges.
func (f *frame) gasLeft(a args) trap.Code {
	if !f.m.Writable(a[0], 8) {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(8); code != trap.None {
		return code
	}
	f.store(a[0], binary.LittleEndian.AppendUint64(f.scratch[:0], f.m.Gas()))
	f.result(0)
	return trap.None
}

// memoryGrow serves 0xB0(pages). Above a limit it returns an error and takes nothing but its base
// cost.
func (f *frame) memoryGrow(a args) trap.Code {
	limits, pages := &f.t.x.limits, a[0]
	if uint64(f.t.pages)+uint64(pages) > uint64(limits.TxMemoryPages) || pages > limits.MemoryPages {
		f.result(failed(errNoMemory))
		return trap.None
	}
	before := f.m.Gas()
	if code := f.charge(times(0, f.t.x.schedule.Host.PageBase, uint64(pages))); code != trap.None {
		return code
	}
	old, ok := f.m.Grow(pages, limits.MemoryPages)
	if !ok {
		f.m.SetGas(before)
		f.result(failed(errNoMemory))
		return trap.None
	}
	f.t.pages += pages
	f.result(old)
	return trap.None
}
