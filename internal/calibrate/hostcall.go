package calibrate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/rollup/statetree"
)

// hostCall is a case of a host call: a body that makes it once.
type hostCall struct {
	price, name string
	setup, body string
	count       int // repetitions of the body in a turn
	units       int // of the price in one body; 1 if 0
	mem         func(a *arena) []byte
	fill        func(a *arena, st *state.State)
}

const (
	largest    = 4_096 // bytes of a slot, and of what is copied at once
	storedKeys = 512
	memBytes   = 300 << 10
)

// at sets a register to mem and an offset.
func at(reg string, offset int) string {
	return fmt.Sprintf("li %s, %d\nadd %s, %s, s2\n", reg, offset, reg, reg)
}

func ecall(number uint32) string { return fmt.Sprintf("li t0, %#x\necall\n", number) }

// next steps the number at the begin of mem: the next key or blob.
const next = "lw t1, 0(s2)\naddi t1, t1, 1\nsw t1, 0(s2)\n"

// slots stores values under the keys 1, 2, …
func slots(bytes int) func(a *arena, st *state.State) {
	return func(a *arena, st *state.State) {
		for i := range storedKeys + 1 {
			var key [32]byte
			binary.LittleEndian.PutUint32(key[:], uint32(i))
			st.SetSlot(a.self, key, state.SlotValue{Data: make([]byte, bytes)})
		}
	}
}

func hostCalls() []hostCall {
	return slices.Concat(plainCalls(), byteCalls(), storageCalls(), frameCalls())
}

// none sets a0 to mem.
var none = at("a0", 0)

func plainCalls() []hostCall {
	return []hostCall{
		{price: "Base", name: "input_left", body: ecall(host.CallInputLeft), count: 2_000},
		{price: "Base", name: "memory_grow that is refused", setup: "li a0, -1\n",
			body: ecall(host.CallMemoryGrow), count: 2_000},
		{price: "Base", name: "context", setup: none, body: ecall(host.CallContext), count: 2_000},
		{price: "Base", name: "layer_context", setup: none, body: ecall(host.CallLayerContext),
			count: 2_000},
		{price: "Base", name: "gas_left", setup: none, body: ecall(host.CallGasLeft), count: 2_000},
	}
}

// byteCalls are those that are paid by their bytes.
func byteCalls() []hostCall {
	return []hostCall{
		{price: "CopyByte", name: "write to descriptor 3",
			setup: "li a0, 3\n" + at("a1", 0) + "li a2, 4096\n",
			body:  ecall(host.CallWrite), count: 64, units: largest},
		{price: "CopyByte", name: "write and read of own input",
			setup: at("a1", 0), body: "li a0, 4\n" + at("a1", 0) + "li a2, 4096\n" +
				ecall(host.CallWrite) + none + "li a1, 4096\n" + ecall(host.CallInputRead),
			count: 64, units: 2 * largest},
		{price: "LogByte", name: "write to descriptor 1",
			setup: "li a0, 1\n" + at("a1", 0) + "li a2, 4096\n",
			body:  ecall(host.CallWrite), count: 64, units: largest},
		{price: "EventBase", name: "emit of nothing", setup: none + "li a1, 0\nmv a2, a0\nli a3, 0\n",
			body: ecall(host.CallEmit), count: 500},
		{price: "EventByte", name: "emit", setup: none + "li a1, 4\nmv a2, a0\nli a3, 4096\n",
			body: ecall(host.CallEmit), count: 64, units: largest + 128},
		{price: "HashByte", name: "blake3", setup: none + "li a1, 0x10000\nmv a2, a0\n",
			body: ecall(host.CallBLAKE3), count: 8, units: 1 << 16},
		{price: "HashByte", name: "sha256", setup: none + "li a1, 0x10000\nmv a2, a0\n",
			body: ecall(host.CallSHA256), count: 4, units: 1 << 16},
		{price: "Ed25519Byte", name: "verify_ed25519 of 64 KiB",
			setup: none + "li a1, 0x10000\nmv a2, a0\nmv a3, a0\n",
			body:  ecall(host.CallVerifyEd25519), count: 4, units: 1 << 16},
	}
}

func storageCalls() []hostCall {
	return []hostCall{
		{price: "WarmKey", name: "storage_has", setup: none, body: ecall(host.CallStorageHas),
			count: 1_000},
		{price: "WarmKey", name: "balance", setup: none, body: ecall(host.CallBalance), count: 1_000},
		{price: "WarmKey", name: "storage_write", setup: none + at("a1", 32),
			body:  "lw t1, 0(a1)\naddi t1, t1, 1\nsw t1, 0(a1)\n" + ecall(host.CallStorageWrite),
			count: 500},
		{price: "ColdKey", name: "storage_has of nothing", setup: none,
			body: next + ecall(host.CallStorageHas), count: storedKeys},
		{price: "ColdKey", name: "storage_has", setup: none, fill: slots(32),
			body: next + ecall(host.CallStorageHas), count: storedKeys},
		{price: "ColdKey", name: "storage_write of a new key", setup: none + at("a1", 0),
			body: next + ecall(host.CallStorageWrite), count: storedKeys},
		{price: "SlotByte", name: "storage_load, cold", setup: none + at("a1", 64) + "li a2, 4096\n",
			fill: slots(largest), body: next + ecall(host.CallStorageLoad), count: storedKeys,
			units: largest},
		{price: "SlotByte", name: "storage_load, warm", setup: none + at("a1", 64) + "li a2, 4096\n",
			fill: slots(largest), body: ecall(host.CallStorageLoad), count: 200, units: largest},
		{price: "SlotByte", name: "storage_store", setup: none + at("a1", 64) + "li a2, 4096\n",
			body:  "lw t1, 0(a1)\naddi t1, t1, 1\nsw t1, 0(a1)\n" + ecall(host.CallStorageStore),
			count: 200, units: largest},
	}
}

func frameCalls() []hostCall {
	return []hostCall{
		{price: "SpawnBase", name: "spawn", setup: none + "li a1, 32\n" + at("a2", 64),
			body: next + ecall(host.CallSpawn), count: 100},
		{price: "CallBase", name: "call that moves money", mem: callMem("", 1),
			setup: none + at("a1", 0) + "li a2, 0\nli a3, 0\nli a4, 0\n" + at("a5", 24),
			body:  ecall(host.CallCall), count: 500},
		{price: "CallBase", name: "call", mem: callMem("idle", 0),
			setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\nli a4, 0\nli a5, 0\n",
			body:  ecall(host.CallCall), count: 200},
		{price: "CallBase", name: "try_call that is refused", mem: callMem("missing", 0),
			setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\nli a4, 0\n",
			body:  ecall(host.CallTryCall), count: 200},
		{price: "PageBase", name: "memory_grow and a store to the page", setup: "li a0, 1\n",
			body: ecall(host.CallMemoryGrow) + "sw a0, 0(t0)\n", count: 2_000},
		{price: "PageBase", name: "memory_grow by a mebibyte", setup: "li a0, 256\n",
			body: ecall(host.CallMemoryGrow), count: 12, units: 256},
		{price: "DeployBase", name: "deploy of little", mem: deployMem(1),
			setup: deploySetup(1), body: deployBody, count: 50},
		{price: "DeployByte", name: "deploy of dense code", mem: deployMem(48 << 10),
			setup: deploySetup(48 << 10), body: deployBody, count: 4, units: len(codeOf(48 << 10))},
	}
}

// callMem is {address 24, amount u64, payload of a method}.
func callMem(method string, amount uint64) func(a *arena) []byte {
	return func(a *arena) []byte {
		mem := append([]byte{}, a.other[:]...)
		mem = binary.LittleEndian.AppendUint64(mem, amount)
		selector := host.Selector(method)
		return append(append(append(mem, 1), selector[:]...), 0)
	}
}

// codeOf is a template of n instructions, and four bytes that may be anything.
func codeOf(n int) []byte {
	o, err := asm.Assemble(".export run\nrun:\n"+strings.Repeat("add t1, t1, t2\n", n), asm.DefaultBase)
	if err != nil {
		panic("BUG: calibrate: " + err.Error())
	}
	return append(o.ELF(asm.ELFOptions{}), 0, 0, 0, 0)
}

// deployMem is {address 24, 0 …} and from 32 on the code.
func deployMem(n int) func(a *arena) []byte {
	return func(*arena) []byte { return append(make([]byte, 32), codeOf(n)...) }
}

func deploySetup(n int) string {
	size := len(codeOf(n))
	return at("a0", 32) + fmt.Sprintf("li a1, %d\n", size) + at("a2", 0) + at("s1", 32+size-4)
}

const deployBody = "lw t1, 0(s1)\naddi t1, t1, 1\nsw t1, 0(s1)\nli t0, 0xA5\necall\n"

// hostCase is a hostCall as a case.
func hostCase(h hostCall, tree *statetree.Tree, s *metering.Schedule) Case {
	c := Case{Group: groupHost, Price: h.price, Name: h.name}
	c.prepare = func() (*turn, error) {
		a, err := newArena(tree, s, fmt.Sprintf(guest, h.setup, h.body, memBytes), h.fill)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, h.name)
		}
		return a.turn(h, nil)
	}
	return c
}

func (a *arena) turn(h hostCall, mem []byte) (*turn, error) {
	if h.mem != nil {
		mem = h.mem(a)
	}
	return &turn{
		run:   func() (uint64, error) { return a.call(h.count, mem) },
		idle:  func() (uint64, error) { return a.call(0, mem) },
		units: uint64(h.count) * uint64(max(1, h.units)),
	}, nil
}

// enterCases measure what entering a frame costs by its pages and by its code.
func enterCases(tree *statetree.Tree, s *metering.Schedule) []Case {
	return []Case{
		frameCase(64, false, tree, s), frameCase(64, true, tree, s),
		frameCase(2_000, false, tree, s), frameCase(2_000, true, tree, s), coldCode(tree, s),
	}
}

// frameProgram has one method, which returns at once or stores to each page of its heap before.
func frameProgram(pages int, touch bool) string {
	method := "idle:\nret\n"
	if touch {
		method = "idle:\nla t1, _end\nli t2, 4096\n" + fmt.Sprintf("li t3, %d\n", pages-1) +
			"touch: add t1, t1, t2\nsw t2, 0(t1)\naddi t3, t3, -1\nbnez t3, touch\nret\n"
	}
	return fmt.Sprintf(".layout 0x200400, 0x1000, %d\n.export idle\n", pages) + method +
		".data\nword: .word 0\n_end:\n"
}

// frameCase enters a frame with many pages, of which it touches all or nearly none.
func frameCase(pages int, touch bool, tree *statetree.Tree, s *metering.Schedule) Case {
	name := "frame start"
	if touch {
		name += " and a store to each page"
	}
	name = fmt.Sprintf("%s (%d pages of heap)", name, pages)
	c := Case{Group: groupHost, Price: "PageBase", Name: name}
	c.prepare = func() (*turn, error) {
		o, err := asm.Assemble(frameProgram(pages, touch), asm.DefaultBase)
		if err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
		h := hostCall{
			setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\nli a4, 0\nli a5, 0\n",
			body:  ecall(host.CallCall), count: 20, units: pages,
		}
		return calleeTurn(o.ELF(asm.ELFOptions{}), "idle", h, tree, s, nil)
	}
	return c
}

// calleeTurn is a guest that calls a method of an account of code; if cache is not nil, programs
// are kept there.
func calleeTurn(
	code []byte, method string, h hostCall, tree *statetree.Tree, s *metering.Schedule,
	cache *host.CodeCache,
) (*turn, error) {
	var callee address.Address
	fill := func(_ *arena, st *state.State) {
		template := st.PutTemplate(code)
		callee = address.OfSpawn(template, nil)
		st.Spawn(callee, template, nil)
	}
	a, err := newArena(tree, s, fmt.Sprintf(guest, h.setup, h.body, memBytes), fill)
	if err != nil {
		return nil, err
	}
	if cache != nil {
		a.x = host.NewExecutor(s, limits(), cache)
	}
	mem := callMem(method, 0)(a)
	copy(mem, callee[:])
	return a.turn(h, mem)
}

// coldCode enters a template of dense code that is in no cache: reading, hashing and predecoding it
// is paid by its chunks.
func coldCode(tree *statetree.Tree, s *metering.Schedule) Case {
	c := Case{Group: groupHost, Price: "ColdKey", Name: "a chunk of code that is in no cache"}
	c.prepare = func() (*turn, error) {
		code := codeOf(48 << 10)
		h := hostCall{
			setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\nli a4, 0\n",
			body:  ecall(host.CallTryCall), count: 1, units: (len(code) + largest - 1) / largest,
		}
		// The code is loaded, and then has no such method.
		return calleeTurn(code, "missing", h, tree, s, host.NewCodeCache(1))
	}
	return c
}
