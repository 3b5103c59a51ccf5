package calibrate

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup/statetree"
)

// hostCall is a case of a host call: a body that makes it once.
type hostCall struct {
	price, name string
	setup, body string
	count       int // repetitions of the body in a turn
	units       int // of the price in one body, such as words; 1 if 0
	mem         func(a *arena) []byte
	fill        func(a *arena, st *state.State)
}

const (
	wordBytes  = 32    // of what is priced by its length
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
			st.SetSlot(a.self, key, make([]byte, bytes))
		}
	}
}

func hostCalls() []hostCall {
	return slices.Concat(plainCalls(), byteCalls(), storageCalls(), frameCalls(), deployCalls())
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
		{price: "CopyWord", name: "write to descriptor 3",
			setup: "li a0, 3\n" + at("a1", 0) + "li a2, 4096\n",
			body:  ecall(host.CallWrite), count: 64, units: largest / wordBytes},
		{price: "CopyWord", name: "write and read of own input",
			setup: at("a1", 0), body: "li a0, 4\n" + at("a1", 0) + "li a2, 4096\n" +
				ecall(host.CallWrite) + none + "li a1, 4096\n" + ecall(host.CallInputRead),
			count: 64, units: 2 * largest / wordBytes},
		{price: "LogWord", name: "write to descriptor 1",
			setup: "li a0, 1\n" + at("a1", 0) + "li a2, 4096\n",
			body:  ecall(host.CallWrite), count: 64, units: largest / wordBytes},
		{price: "EventBase", name: "emit of nothing", setup: none + "li a1, 0\nmv a2, a0\nli a3, 0\n",
			body: ecall(host.CallEmit), count: 500},
		{price: "EventWord", name: "emit", setup: none + "li a1, 4\nmv a2, a0\nli a3, 4096\n",
			body: ecall(host.CallEmit), count: 64, units: (largest + 128) / wordBytes},
		{price: "HashWord", name: "blake3 of 1 KiB", setup: none + "li a1, 1024\nmv a2, a0\n",
			body: ecall(host.CallBLAKE3), count: 200, units: 1 << 10 / wordBytes},
		{price: "HashWord", name: "blake3 of 2 KiB", setup: none + "li a1, 2048\nmv a2, a0\n",
			body: ecall(host.CallBLAKE3), count: 200, units: 2 << 10 / wordBytes},
		{price: "HashWord", name: "blake3 of 64 KiB", setup: none + "li a1, 0x10000\nmv a2, a0\n",
			body: ecall(host.CallBLAKE3), count: 8, units: 1 << 16 / wordBytes},
		{price: "HashWord", name: "sha256 of 64 KiB", setup: none + "li a1, 0x10000\nmv a2, a0\n",
			body: ecall(host.CallSHA256), count: 4, units: 1 << 16 / wordBytes},
		{price: "Ed25519Word", name: "verify_ed25519 of 64 KiB",
			setup: none + "li a1, 0x10000\nmv a2, a0\nmv a3, a0\n",
			body:  ecall(host.CallVerifyEd25519), count: 4, units: 1 << 16 / wordBytes},
	}
}

func storageCalls() []hostCall {
	return []hostCall{
		{price: "WarmKey", name: "storage_has", setup: none, body: ecall(host.CallStorageHas),
			count: 1_000},
		{price: "WarmKey", name: "account_info", setup: none + at("a1", 64),
			body: ecall(host.CallAccountInfo), count: 1_000},
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
		{price: "SlotWord", name: "storage_load, cold", setup: none + at("a1", 64) + "li a2, 4096\n",
			fill: slots(largest), body: next + ecall(host.CallStorageLoad), count: storedKeys,
			units: largest / wordBytes},
		{price: "SlotWord", name: "storage_load, warm", setup: none + at("a1", 64) + "li a2, 4096\n",
			fill: slots(largest), body: ecall(host.CallStorageLoad), count: 200, units: largest / wordBytes},
		{price: "SlotWord", name: "storage_store", setup: none + at("a1", 64) + "li a2, 4096\n",
			body:  "lw t1, 0(a1)\naddi t1, t1, 1\nsw t1, 0(a1)\n" + ecall(host.CallStorageStore),
			count: 200, units: largest / wordBytes},
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
		{price: "CallBase", name: "static_call", mem: callMem("idle", 0),
			setup: none + at("a1", 32) + "li a2, 6\nli a3, 0\n",
			body:  ecall(host.CallStaticCall), count: 200},
		{price: "EventBase", name: "withdraw", mem: callMem("", 1), setup: none + at("a1", 24),
			body: ecall(host.CallWithdraw), count: 200},
		{price: "PageBase", name: "memory_grow and a store to the page", setup: "li a0, 1\n",
			body: ecall(host.CallMemoryGrow) + "sw a0, 0(t0)\n", count: 2_000},
		{price: "PageBase", name: "memory_grow by a mebibyte", setup: "li a0, 256\n",
			body: ecall(host.CallMemoryGrow), count: 12, units: 256},
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
