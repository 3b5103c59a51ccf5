package runner

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// callName is the name of a host call, or its number.
func callName(number uint32) string {
	if name := host.CallName(number); name != "" {
		return name
	}
	return fmt.Sprintf("0x%x", number)
}

// maxText bounds what is read of a guest's memory for the text of one call.
const maxText = 1 << 10

// read reads guest memory for a text; what cannot be read is empty.
func (f *frame) read(addr, n uint32) []byte {
	b, _ := f.Machine.Read(addr, min(n, maxText))
	return b
}

// word reads 32 bytes.
func (f *frame) word(addr uint32) (w [32]byte) {
	copy(w[:], f.read(addr, 32))
	return w
}

// beforeText is what a call is about, as far as it must be read before it is served.
func (w *watch) beforeText(f *frame) string {
	a := f.args
	if f.number == host.CallSHA256 && a[1] <= maxHashedSize {
		w.keys.hash(f.read(a[0], a[1]))
	}
	if w.detail == NoTree {
		return ""
	}
	switch f.number {
	case host.CallStorageRead, host.CallStorageWrite, host.CallStorageLoad, host.CallStorageStore,
		host.CallStorageDelete, host.CallStorageHas:
		return w.keys.show(f.word(a[0]))
	case host.CallCall:
		return w.callTarget(f, a[5])
	case host.CallTryCall:
		return w.callTarget(f, a[3])
	}
	return ""
}

// callTarget is the destination of a call and the money that goes with it.
func (w *watch) callTarget(f *frame, amount uint32) string {
	var to address.Address
	copy(to[:], f.read(f.args[0], address.Size))
	text := w.names.show(to)
	if b := f.read(amount, 8); amount != 0 && len(b) == 8 {
		if n := binary.LittleEndian.Uint64(b); n != 0 {
			text += fmt.Sprintf(" with %d", n)
		}
	}
	return text
}

// quiet are the calls that a tree of calls leaves out: they move data between host and program.
var quiet = map[uint32]bool{
	host.CallHalt: true, host.CallContext: true, host.CallInputLeft: true, host.CallInputRead: true,
	host.CallMemoryGrow: true, host.CallGasLeft: true, host.CallLayerContext: true,
	host.CallReturnData: true, host.CallBLAKE3: true, host.CallSHA256: true, host.CallBalance: true,
}

// callText adds a node for a host call that was served, or failed.
func (w *watch) callText(f *frame, used uint64, code trap.Code) {
	if w.detail == NoTree || f.node == nil {
		return
	}
	entered := f.number == host.CallCall || f.number == host.CallTryCall
	data := f.number == host.CallWrite && f.args[0] >= 3 // 1 and 2 are logs
	if w.detail == Calls && code == trap.None && (quiet[f.number] || data) {
		return
	}
	text := w.servedText(f)
	if code != trap.None && code != trap.Panic && code != trap.Revert {
		text += fmt.Sprintf(": %s (%s)", code, trace.Describe(code))
	}
	node := &trace.Call{Gas: used, Text: text}
	if entered {
		node = w.enclose(f, node)
		if node == nil {
			return
		}
	}
	w.add(f.node, node)
}

// enclose takes the frame that a call entered, which is the last node, into the call's own node. In
// a tree of calls the frame stands alone.
func (w *watch) enclose(f *frame, node *trace.Call) *trace.Call {
	last := len(f.node.Calls) - 1
	if last < 0 || f.node.Calls[last] != f.child {
		return node // no frame began, or the tree is full
	}
	if w.detail == Calls {
		f.child.Gas = node.Gas
		return nil
	}
	node.Calls = []*trace.Call{f.child}
	f.node.Calls = f.node.Calls[:last]
	return node
}

// servedText is a call with its arguments and result.
func (w *watch) servedText(f *frame) string {
	a, t0 := f.args, f.Machine.Reg(riscv.RegT0)
	switch f.number {
	case host.CallStorageRead:
		return "storage.get " + f.text + " → " + value(f.read(a[0], 32))
	case host.CallStorageWrite:
		return "storage.set " + f.text + " ← " + value(f.read(a[1], 32))
	case host.CallStorageLoad:
		if int32(t0) < 0 {
			return "storage.load " + f.text + " → none"
		}
		return "storage.load " + f.text + " → " + value(f.read(a[1], min(a[2], t0)))
	case host.CallStorageStore:
		return "storage.store " + f.text + " ← " + value(f.read(a[1], a[2]))
	case host.CallStorageDelete:
		return fmt.Sprintf("storage.delete %s → %t", f.text, t0 == 1)
	case host.CallStorageHas:
		return fmt.Sprintf("storage.has %s → %t", f.text, t0 == 1)
	case host.CallEmit:
		return w.eventText(f)
	case host.CallCall, host.CallTryCall:
		return callName(f.number) + " " + f.text
	case host.CallSpawn:
		return "spawn → " + w.addressAt(f, a[2])
	case host.CallDeploy:
		return fmt.Sprintf("deploy %d bytes → %s", a[1], w.addressAt(f, a[2]))
	case host.CallWrite:
		return writeText(f)
	case host.CallAbort:
		return fmt.Sprintf("abort %q", f.read(a[0], a[1]))
	case host.CallRevert:
		return "revert " + short(f.read(a[0], a[1]))
	}
	return plainText(f, t0)
}

func (w *watch) addressAt(f *frame, addr uint32) string {
	var a address.Address
	copy(a[:], f.read(addr, address.Size))
	return w.names.show(a)
}

func writeText(f *frame) string {
	b := f.read(f.args[1], f.args[2])
	switch f.args[0] {
	case 1, 2:
		return fmt.Sprintf("log %q", b)
	case 3:
		return "output " + short(b)
	}
	return fmt.Sprintf("write %d %s", f.args[0], short(b))
}

// plainText is a call by its registers.
func plainText(f *frame, t0 uint32) string {
	text := callName(f.number) + "("
	for i := range host.CallParams(f.number) {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("0x%x", f.args[i])
	}
	return text + fmt.Sprintf(") → 0x%x", t0)
}

// eventText is an event by the contract's description.
func (w *watch) eventText(f *frame) string {
	n := min(f.args[1], 4)
	topics := make([][32]byte, n)
	for i := range topics {
		topics[i] = f.word(f.args[0] + uint32(i)*32)
	}
	data := f.read(f.args[2], f.args[3])
	if n > 0 {
		if e, ok := w.contract.Event(topics[0]); ok {
			if s, ok := e.Show(topics, data, w.names.show); ok {
				return "emit " + s
			}
		}
	}
	return fmt.Sprintf("emit %d topics, %s", n, short(data))
}

// value is stored bytes: a number where a word holds a small one, else digits.
func value(b []byte) string {
	if len(b) == 32 && bytes.Equal(b[8:], make([]byte, 24)) {
		return fmt.Sprint(binary.LittleEndian.Uint64(b))
	}
	if len(b) == 0 {
		return "empty"
	}
	return short(b)
}
