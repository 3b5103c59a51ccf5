package host

import (
	"strconv"

	"github.com/athenarollup/athena/trap"
)

// File descriptors of WRITE. See docs/spec/abi.md, "Input and output".
const (
	fdOut    = 1
	fdErr    = 2
	fdReturn = 3
	fdInput  = 4
)

// halt ends the frame: a0 = 0 is success, all else a Panic with that code.
func (f *frame) halt(a args) trap.Code {
	if a[0] != 0 {
		f.data = []byte("halt " + strconv.FormatUint(uint64(a[0]), 10))
		return trap.Panic
	}
	f.halted = true
	return trap.None
}

// write serves WRITE(fd, ptr, len).
func (f *frame) write(a args) trap.Code {
	fd, ptr, n := a[0], a[1], a[2]
	if fd < fdOut || fd > fdInput || !f.m.Readable(ptr, n) {
		return trap.BadHostArgument
	}
	limits, costs := &f.t.x.limits, &f.t.x.schedule.Host
	each := costs.CopyWord
	if fd <= fdErr {
		each = costs.LogWord
	}
	if code := f.charge(perWord(0, each, int(n))); code != trap.None {
		return code
	}
	switch fd {
	case fdReturn:
		if !room(len(f.ret), n, limits.ReturnBytes) {
			return trap.ReturnDataLimit
		}
		f.ret = append(f.ret, f.bytes(ptr, n)...)
	case fdInput:
		if !room(len(f.input), n, limits.InputBytes) {
			return trap.ReturnDataLimit
		}
		f.input = append(f.input, f.bytes(ptr, n)...)
	default:
		if f.t.logBytes+uint64(n) > uint64(limits.LogBytes) {
			return trap.ReturnDataLimit
		}
		f.t.logBytes += uint64(n)
		f.t.logs = append(f.t.logs, Log{f.self, uint8(fd), f.bytes(ptr, n)})
	}
	return trap.None
}

func room(have int, more, limit uint32) bool {
	return uint64(have)+uint64(more) <= uint64(limit)
}

// inputLeft serves 0xF0: the bytes of input that were not read.
func (f *frame) inputLeft(args) trap.Code {
	f.result(uint32(len(f.input) - f.read))
	return trap.None
}

// inputRead serves 0xF1(dst, len).
func (f *frame) inputRead(a args) trap.Code {
	dst, n := a[0], a[1]
	if !f.m.Writable(dst, n) || uint64(n) > uint64(len(f.input)-f.read) {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(int(n)); code != trap.None {
		return code
	}
	f.store(dst, f.input[f.read:f.read+int(n)])
	f.read += int(n)
	return trap.None
}

// returnData serves 0xBA(out, offset, len): what the last callee left.
func (f *frame) returnData(a args) trap.Code {
	out, offset, n := a[0], a[1], a[2]
	if !f.m.Writable(out, n) {
		return trap.BadHostArgument
	}
	total := uint32(len(f.returned))
	part := f.returned[min(offset, total):]
	part = part[:min(n, uint32(len(part)))]
	if code := f.chargeCopy(len(part)); code != trap.None {
		return code
	}
	f.store(out, part)
	f.result(total)
	return trap.None
}

// abort serves 0xBC(ptr, len): the frame ends with Panic. A long message is cut, not refused: the
// program is giving up already.
func (f *frame) abort(a args) trap.Code {
	if !f.m.Readable(a[0], a[1]) {
		return trap.BadHostArgument
	}
	n := min(a[1], f.t.x.limits.MessageBytes)
	if code := f.chargeCopy(int(n)); code != trap.None {
		return code
	}
	f.data = f.bytes(a[0], n)
	return trap.Panic
}

// revert serves 0xBD(ptr, len): the frame ends with Revert and data for the caller.
func (f *frame) revert(a args) trap.Code {
	if !f.m.Readable(a[0], a[1]) {
		return trap.BadHostArgument
	}
	if code := f.chargeCopy(int(a[1])); code != trap.None {
		return code
	}
	if a[1] > f.t.x.limits.ReturnBytes {
		return trap.ReturnDataLimit
	}
	f.data = f.bytes(a[0], a[1])
	return trap.Revert
}
