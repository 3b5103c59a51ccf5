package host

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zeebo/blake3"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/trap"
)

// callCase is one host call that succeeds. Pointers are given as offsets into mem: pointer[i] is
// the length of what argument i points to, 0 if it is no pointer.
type callCase struct {
	name    string
	setup   func(w *world)
	mem     func(w *world) []byte
	cmd     cmd
	pointer [6]uint32
	output  [6]bool // written to, so that read-only memory is refused
	t0      uint32
	keepsT0 bool
	ends    trap.Code                     // the call ends the frame like this
	check   func(w *world, mem []byte)    // mem after the call
	leaves  uint64                        // money that leaves Athena
	loose   bool                          // needs more gas than it uses
	result  func(t testing.TB, r *Result) // for calls that end the frame
}

const negative = 1 << 32

func word(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func fixed(b ...[]byte) func(*world) []byte {
	return func(*world) []byte { return join(b...) }
}

func slot(key byte, data []byte) func(*world) {
	return func(w *world) {
		w.st.SetSlot(w.a, [32]byte(word(key)), data)
	}
}

func (w *world) slotOf(key byte) ([]byte, bool) {
	v, ok := w.st.Slot(w.a, [32]byte(word(key)))
	return v.Data, ok
}

func callCases() []callCase {
	public, private, _ := ed25519.GenerateKey(bytes.NewReader(word(1)))
	sig := ed25519.Sign(private, []byte("message"))
	blob := []byte("instance")
	return []callCase{
		{name: "halt", cmd: cmd{CallHalt, 0}, keepsT0: true, ends: trap.None,
			result: func(t testing.TB, r *Result) { require.Empty(t, r.Return) }},
		{name: "halt with a code", cmd: cmd{CallHalt, 7}, ends: trap.Panic,
			result: func(t testing.TB, r *Result) { require.Equal(t, "halt 7", string(r.Message)) }},
		{name: "write log", mem: fixed([]byte("hello")), cmd: cmd{CallWrite, 1, 0, 5},
			pointer: [6]uint32{1: 5}, keepsT0: true},
		{name: "write error log", mem: fixed([]byte("hello")), cmd: cmd{CallWrite, 2, 0, 5},
			pointer: [6]uint32{1: 5}, keepsT0: true},
		{name: "storage read", setup: slot(1, word(5)), mem: fixed(word(1)),
			cmd: cmd{CallStorageRead, 0}, pointer: [6]uint32{32}, output: [6]bool{true}, keepsT0: true,
			check: func(w *world, mem []byte) { require.Equal(w.t, word(5), mem[:32]) }},
		{name: "storage read of nothing", mem: fixed(word(1)),
			cmd: cmd{CallStorageRead, 0}, pointer: [6]uint32{32}, output: [6]bool{true}, keepsT0: true,
			check: func(w *world, mem []byte) { require.Equal(w.t, word(0), mem[:32]) }},
		{name: "storage write", mem: fixed(word(1), word(2)), cmd: cmd{CallStorageWrite, 0, 32},
			pointer: [6]uint32{32, 32}, t0: statusAdded,
			check: func(w *world, _ []byte) {
				v, _ := w.slotOf(1)
				require.Equal(w.t, word(2), v)
			}},
		{name: "storage write of zeroes", setup: slot(1, []byte("x")), mem: fixed(word(1)),
			cmd: cmd{CallStorageWrite, 0, 32}, pointer: [6]uint32{32, 32}, t0: statusDeleted,
			check: func(w *world, _ []byte) {
				_, ok := w.slotOf(1)
				require.False(w.t, ok)
			}},
		{name: "call", mem: func(w *world) []byte { return join(w.o[:], u64(3)) },
			cmd: cmd{CallCall, 0, 0, 0, 0, 50, 24}, pointer: [6]uint32{0: 24, 5: 8},
			check: func(w *world, _ []byte) {
				require.Equal(w.t, []uint64{97, 303}, []uint64{w.balance(w.a), w.balance(w.o)})
			}},
		{name: "call with code", loose: true,
			mem: func(w *world) []byte {
				return join(w.o[:], u64(3), payload("go", input([]byte("reply"))))
			},
			cmd:     cmd{CallCall, 0, 32, uint32(len(payload("go", input([]byte("reply"))))), 100, 5, 24},
			pointer: [6]uint32{24, 1: 15, 3: 5, 5: 8}, output: [6]bool{3: true}, t0: 5,
			check: func(w *world, mem []byte) { require.Equal(w.t, "reply", string(mem[100:105])) }},
		{name: "balance", cmd: cmd{CallBalance, 0}, pointer: [6]uint32{8}, output: [6]bool{true},
			keepsT0: true,
			check:   func(w *world, mem []byte) { require.Equal(w.t, u64(100), mem[:8]) }},
		{name: "spawn", mem: fixed(blob), cmd: cmd{CallSpawn, 0, 8, 64},
			pointer: [6]uint32{8, 0, 24}, output: [6]bool{2: true}, keepsT0: true,
			check: func(w *world, mem []byte) {
				a := address.OfSpawn(w.guarded, blob)
				require.Equal(w.t, a[:], mem[64:88])
				h, _ := w.st.Header(a)
				require.Equal(w.t, state.Live, h.Status)
				require.Equal(w.t, w.guarded, h.Template)
				got, _ := w.st.Blob(a, &h)
				require.Equal(w.t, blob, got)
			}},
		{name: "deploy", mem: fixed(tiny.elf), cmd: cmd{CallDeploy, 0, uint32(len(tiny.elf)), 4096},
			pointer: [6]uint32{uint32(len(tiny.elf)), 0, 24}, output: [6]bool{2: true}, keepsT0: true,
			check: func(w *world, mem []byte) {
				a := address.OfTemplate(address.CodeHash(tiny.elf))
				require.Equal(w.t, a[:], mem[4096:4120])
				code, _ := w.st.Code(a, nil)
				require.Equal(w.t, tiny.elf, code)
			}},
		{name: "deploy again", setup: func(w *world) { w.deploy(tiny) }, mem: fixed(tiny.elf),
			cmd:     cmd{CallDeploy, 0, uint32(len(tiny.elf)), 4096},
			pointer: [6]uint32{uint32(len(tiny.elf)), 0, 24}, keepsT0: true},
		{name: "context", cmd: cmd{CallContext, 0}, pointer: [6]uint32{80}, output: [6]bool{true},
			keepsT0: true,
			check: func(w *world, mem []byte) {
				want := join(u64(0), w.a[:], w.guarded[:], w.a[:])
				require.Equal(w.t, want, mem[:contextBytes])
			}},
		{name: "input left", cmd: cmd{CallInputLeft}, t0: 0},
		{name: "input read of nothing", cmd: cmd{CallInputRead, 0, 0}, keepsT0: true},
		{name: "gas left", cmd: cmd{CallGasLeft, 0}, pointer: [6]uint32{8}, output: [6]bool{true}},
		{name: "layer context", cmd: cmd{CallLayerContext, 0}, pointer: [6]uint32{176},
			output: [6]bool{true},
			check: func(w *world, mem []byte) {
				want := join(u64(7), u64(8), []byte{9}, make([]byte, 31), []byte{10}, make([]byte, 31),
					[]byte{11}, make([]byte, 31), w.a[:], u64(1), u64(2), u64(3), u64(4), u64(5))
				require.Equal(w.t, want, mem[:layerContextBytes])
			}},
		{name: "storage load", setup: slot(1, []byte("value")), mem: fixed(word(1)),
			cmd: cmd{CallStorageLoad, 0, 32, 3}, pointer: [6]uint32{32, 3}, output: [6]bool{1: true},
			t0: 5, check: func(w *world, mem []byte) {
				require.Equal(w.t, "val\x00", string(mem[32:36]))
			}},
		{name: "storage load of nothing", mem: fixed(word(1)),
			cmd: cmd{CallStorageLoad, 0, 32, 3}, pointer: [6]uint32{32, 3}, output: [6]bool{1: true},
			t0: negative - 1},
		{name: "storage store", mem: fixed(word(1), []byte("value")),
			cmd: cmd{CallStorageStore, 0, 32, 5}, pointer: [6]uint32{32, 5}, t0: statusAdded,
			check: func(w *world, _ []byte) {
				v, _ := w.slotOf(1)
				require.Equal(w.t, "value", string(v))
			}},
		{name: "storage store of an empty value", mem: fixed(word(1)),
			cmd: cmd{CallStorageStore, 0, 0, 0}, pointer: [6]uint32{32}, t0: statusAdded,
			check: func(w *world, _ []byte) {
				_, ok := w.slotOf(1)
				require.True(w.t, ok)
			}},
		{name: "storage delete", setup: slot(1, nil), mem: fixed(word(1)),
			cmd: cmd{CallStorageDelete, 0}, pointer: [6]uint32{32}, t0: 1,
			check: func(w *world, _ []byte) {
				_, ok := w.slotOf(1)
				require.False(w.t, ok)
			}},
		{name: "storage delete of nothing", mem: fixed(word(1)),
			cmd: cmd{CallStorageDelete, 0}, pointer: [6]uint32{32}, t0: 0},
		{name: "storage has", setup: slot(1, nil), mem: fixed(word(1)),
			cmd: cmd{CallStorageHas, 0}, pointer: [6]uint32{32}, t0: 1},
		{name: "storage has nothing", mem: fixed(word(1)),
			cmd: cmd{CallStorageHas, 0}, pointer: [6]uint32{32}, t0: 0},
		{name: "emit", mem: fixed(word(1), word(2), []byte("data")),
			cmd: cmd{CallEmit, 0, 2, 64, 4}, pointer: [6]uint32{0: 64, 2: 4}, t0: 0},
		{name: "try_call", mem: func(w *world) []byte { return join(w.o[:], u64(3), u64(1000)) },
			cmd: cmd{CallTryCall, 0, 0, 0, 24, 32}, pointer: [6]uint32{0: 24, 3: 8, 4: 8}, t0: 0,
			check: func(w *world, _ []byte) { require.Equal(w.t, uint64(303), w.balance(w.o)) }},
		{name: "try_call that fails", mem: func(w *world) []byte { return join(w.o[:], u64(101)) },
			cmd: cmd{CallTryCall, 0, 0, 0, 24}, pointer: [6]uint32{0: 24, 3: 8},
			t0: uint32(trap.InsufficientBalance)},
		{name: "static_call", loose: true,
			mem:     func(w *world) []byte { return join(w.o[:], u64(1_000_000), payload("go", input(nil))) },
			cmd:     cmd{CallStaticCall, 0, 32, uint32(len(payload("go", input(nil)))), 24},
			pointer: [6]uint32{24, 1: 10, 3: 8}, t0: 0},
		{name: "static_call of a transfer of nothing", mem: func(w *world) []byte { return w.o[:] },
			cmd: cmd{CallStaticCall, 0, 0, 0, 0}, pointer: [6]uint32{24}, t0: 0},
		{name: "account_info", mem: func(w *world) []byte { return w.o[:] },
			cmd: cmd{CallAccountInfo, 0, 24}, pointer: [6]uint32{24, 65}, output: [6]bool{1: true},
			t0: 1, check: func(w *world, mem []byte) {
				hash := address.CodeHash(openScript.elf)
				want := join(u64(300), []byte{1}, w.open_[:], hash[:])
				require.Equal(w.t, want, mem[24:24+accountInfoBytes])
			}},
		{name: "account_info of nobody", mem: fixed(word(7)), cmd: cmd{CallAccountInfo, 0, 32},
			pointer: [6]uint32{24, 65}, output: [6]bool{1: true}, t0: 0,
			check: func(w *world, mem []byte) {
				require.Equal(w.t, make([]byte, accountInfoBytes), mem[32:32+accountInfoBytes])
			}},
		{name: "withdraw", mem: fixed(word(7), u64(30)), cmd: cmd{CallWithdraw, 0, 32},
			pointer: [6]uint32{24, 8}, t0: 0, leaves: 30,
			check: func(w *world, _ []byte) { require.Equal(w.t, uint64(70), w.balance(w.a)) }},
		{name: "return data", cmd: cmd{CallReturnData, 0, 0, 9}, pointer: [6]uint32{0: 9},
			output: [6]bool{true}, t0: 0},
		{name: "abort", mem: fixed([]byte("a message that is too long")), cmd: cmd{CallAbort, 0, 26},
			pointer: [6]uint32{26}, ends: trap.Panic, result: func(t testing.TB, r *Result) {
				require.Equal(t, "a message that is to", string(r.Message))
				require.Empty(t, r.Return)
			}},
		{name: "revert", mem: fixed([]byte("sorry")), cmd: cmd{CallRevert, 0, 5},
			pointer: [6]uint32{5}, ends: trap.Revert, result: func(t testing.TB, r *Result) {
				require.Equal(t, "sorry", string(r.Return))
				require.Empty(t, r.Message)
			}},
		{name: "memory grow", cmd: cmd{CallMemoryGrow, 2}, t0: heapEnd(openScript)},
		{name: "memory grow beyond the limit", cmd: cmd{CallMemoryGrow, 1 << 31}, t0: negative - 2},
		{name: "blake3", mem: fixed([]byte("abc")), cmd: cmd{CallBLAKE3, 0, 3, 32},
			pointer: [6]uint32{3, 0, 32}, output: [6]bool{2: true},
			check: func(w *world, mem []byte) {
				want := blake3.Sum256([]byte("abc"))
				require.Equal(w.t, want[:], mem[32:64])
			}},
		{name: "sha256", mem: fixed([]byte("abc")), cmd: cmd{CallSHA256, 0, 3, 32},
			pointer: [6]uint32{3, 0, 32}, output: [6]bool{2: true},
			check: func(w *world, mem []byte) {
				want := sha256.Sum256([]byte("abc"))
				require.Equal(w.t, want[:], mem[32:64])
			}},
		{name: "ed25519", mem: fixed(public, sig, []byte("message")),
			cmd: cmd{CallVerifyEd25519, 96, 7, 0, 32}, pointer: [6]uint32{7, 0, 32, 64}, t0: 1},
		{name: "ed25519 of another message", mem: fixed(public, sig, []byte("massage")),
			cmd: cmd{CallVerifyEd25519, 96, 7, 0, 32}, pointer: [6]uint32{7, 0, 32, 64}, t0: 0},
		{name: "ed25519 with a malformed key", mem: fixed([]byte{2}, make([]byte, 31), sig),
			cmd: cmd{CallVerifyEd25519, 96, 7, 0, 32}, pointer: [6]uint32{7, 0, 32, 64}, t0: 0},
	}
}

var tiny = assemble(".export go\ngo: ret\n.data\nmem: .word 0")

// place turns the offsets of c's pointers into addresses.
func (c *callCase) place() cmd {
	out := c.cmd
	for i, n := range c.pointer {
		if n != 0 {
			out[i+1] += openScript.mem
		}
	}
	return out
}

func (c *callCase) world(t testing.TB) (w *world, mem []byte) {
	w = newWorld(t)
	if c.setup != nil {
		c.setup(w)
	}
	if c.mem != nil {
		mem = c.mem(w)
	}
	return w, mem
}

// TestHostCalls makes every call of the table once, and then again with too little gas, with each
// pointer bad in every way.
func TestHostCalls(t *testing.T) {
	t.Parallel()
	require.Equal(t, script.mem, openScript.mem)
	for _, c := range slices.Concat(callCases(), rentCases(), precompileCases(t)) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, mem := c.world(t)
			r := w.run(mem, c.place())
			require.Equal(t, c.ends, r.Trap, "%s", r.Message)
			if c.result != nil {
				c.result(t, &r)
			} else {
				after, t0 := output(t, r.Return)
				want := c.t0
				if c.keepsT0 {
					want = c.cmd[0]
				}
				require.Equal(t, []uint32{want}, t0)
				if c.check != nil {
					c.check(w, after)
				}
			}
			require.Equal(t, uint64(600)-c.leaves, w.money())
			t.Run("gas", func(t *testing.T) { c.testGas(t, r.GasUsed) })
			t.Run("pointers", c.testPointers)
		})
	}
}

// testGas checks that the call runs with exactly the gas that it used, and with no less.
func (c *callCase) testGas(t *testing.T, used uint64) {
	step := max(1, used/50)
	for gas := uint64(0); gas <= used; gas += step {
		if gas+step > used {
			gas, step = used, 1
		}
		w, mem := c.world(t)
		before := w.digest()
		units := plenty
		units[1] = gas
		r := w.x.Begin(w.st, testContext, w.a, units).
			Call(w.a, Selector("go"), input(mem, c.place()))
		if c.loose || gas == used {
			require.LessOrEqual(t, r.GasUsed, gas)
			if gas == used && !c.loose {
				require.Equal(t, c.ends, r.Trap)
				require.Equal(t, used, r.GasUsed)
			}
			continue
		}
		require.Equal(t, trap.OutOfGas, r.Trap, "with %d of %d gas", gas, used)
		require.Equal(t, gas, r.GasUsed)
		w.st.BeginTx(nil)
		require.Equal(t, before, w.digest())
	}
}

// testPointers replaces each pointer by bad ones.
func (c *callCase) testPointers(t *testing.T) {
	for i, n := range c.pointer {
		if n == 0 {
			continue
		}
		bad := []uint32{0xFFFF_FFFF, -n + 1, 0x8000_0000, 1, heapEnd(openScript) - n + 1}
		if c.output[i] {
			bad = append(bad, 0x20_0800) // code
		}
		for _, p := range bad {
			w, mem := c.world(t)
			before := w.digest()
			call := c.place()
			call[i+1] = p
			r := w.run(mem, call)
			require.Equal(t, trap.BadHostArgument, r.Trap, "argument %d = %#x", i, p)
			w.st.BeginTx(nil)
			require.Equal(t, before, w.digest())
		}
	}
}

func heapEnd(g guest) uint32 {
	p := sharedProgram(g)
	return p.file.InitialHeapEnd()
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	for _, tc := range []struct {
		name string
		cmds []cmd
		want trap.Code
	}{
		{"fd 0", []cmd{{CallWrite, 0, m, 1}}, trap.BadHostArgument},
		{"fd 5", []cmd{{CallWrite, 5, m, 1}}, trap.BadHostArgument},
		{"fd of 2^32-1", []cmd{{CallWrite, 0xFFFF_FFFF, m, 1}}, trap.BadHostArgument},
		{"length 0 never faults", []cmd{
			{CallWrite, 1, 0xFFFF_FFFF, 0}, {CallInputRead, 0xFFFF_FFFF, 0},
			{CallSHA256, 0xFFFF_FFFF, 0, m}, {CallEmit, 1, 0, 1, 0}, {CallReturnData, 1, 5, 0},
			{CallStorageStore, m, 0xFFFF_FFFF, 0}, {CallStorageLoad, m, 1, 0},
		}, trap.None},
		{"more input than there is", []cmd{{CallInputRead, m, 1}}, trap.BadHostArgument},
		{"five topics", []cmd{{CallEmit, m, 5, m, 0}}, trap.BadHostArgument},
		{"topics beyond 2^32", []cmd{{CallEmit, m, 1 << 27, m, 0}}, trap.BadHostArgument},
		{"value above the limit", []cmd{{CallStorageStore, m, m, 4097}}, trap.BadHostArgument},
		{"blob above the limit", []cmd{{CallSpawn, m, 4097, m}}, trap.BadHostArgument},
		{"spawn of a live account", []cmd{{CallSpawn, m, 0, m}, {CallSpawn, m, 0, m}},
			trap.BadHostArgument},
		{"a fixed read of a short value", []cmd{
			{CallStorageStore, m, m, 5}, {CallStorageRead, m}}, trap.BadHostArgument},
		{"deploy garbage", []cmd{{CallDeploy, m, 100, m}}, trap.CodeInvalid},
		{"withdrawal of nothing", []cmd{{CallWithdraw, m, m + 32}}, trap.BadHostArgument},
		{"a number without a call", []cmd{{0xC2}}, trap.UnknownHostCall},
		{"an unknown number", []cmd{{0x01}}, trap.UnknownHostCall},
		{"an unknown precompile", []cmd{{0x0064_0007}}, trap.UnknownHostCall},
		{"logs above the limit", []cmd{{CallWrite, 1, m, 600}, {CallWrite, 2, m, 401}},
			trap.ReturnDataLimit},
		{"as many logs as allowed", []cmd{{CallWrite, 1, m, 600}, {CallWrite, 2, m, 400}}, trap.None},
		{"events' bytes above the limit", []cmd{{CallEmit, m, 1, m, 969}}, trap.OutOfWitness},
		{"as many events' bytes as allowed", []cmd{{CallEmit, m, 1, m, 968}}, trap.None},
		{"too many events", []cmd{{CallEmit}, {CallEmit}, {CallEmit}, {CallEmit}, {CallEmit}, {CallEmit}},
			trap.OutOfWitness},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, newWorld(t).run(nil, tc.cmds...).Trap)
		})
	}
}

func TestReturnLimits(t *testing.T) {
	t.Parallel()
	limits := testLimits()
	limits.ReturnBytes = 20_000
	limits.InputBytes = 300
	m := openScript.mem
	w := newWorldWith(t, limits)
	ok := cmd{CallWrite, 3, m, 8192}
	require.Equal(t, trap.None, w.run(nil, ok).Trap)
	require.Equal(t, trap.ReturnDataLimit, w.run(nil, ok, ok).Trap)
	require.Equal(t, trap.ReturnDataLimit, w.run(nil, cmd{CallRevert, m, 20_001}).Trap)
	require.Equal(t, trap.Revert, w.run(nil, cmd{CallRevert, m, 20_000}).Trap)
	require.Equal(t, trap.BadHostArgument, w.run(make([]byte, 300)).Trap, "input of the frame")
	// Four bytes of length, one command: 268 are left for what fd 4 appends.
	require.Equal(t, trap.ReturnDataLimit, w.run(nil, cmd{CallWrite, 4, m, 269}).Trap)
	// It ends with BadHostArgument for another reason: what was appended is no whole command.
	require.Equal(t, trap.BadHostArgument, w.run(nil, cmd{CallWrite, 4, m, 10}).Trap)
}

func TestOwnInput(t *testing.T) {
	t.Parallel()
	// The script appends a command to its own input: the balance is read by it.
	w := newWorld(t)
	m := openScript.mem
	appended := input(nil, cmd{CallBalance, m + 200})[4:]
	mem, t0 := w.good(appended, cmd{CallWrite, 4, m, 28}, cmd{CallInputLeft})
	require.Equal(t, u64(100), mem[200:208])
	require.Equal(t, []uint32{CallWrite, 28, CallBalance}, t0)
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	mem, _ := w.good([]byte("abc"), cmd{CallSHA256, m, 3, m + 1})
	want := sha256.Sum256([]byte("abc"))
	require.Equal(t, want[:], mem[1:33])
}

func TestGasLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	mem, _ := w.good(nil, cmd{CallGasLeft, m}, cmd{CallGasLeft, m + 8}, cmd{CallMemoryGrow, 3},
		cmd{CallGasLeft, m + 16})
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(mem[i:]) }
	costs := w.x.schedule.Host
	round := at(0) - at(8) // one command of the script and the gas_left that reports it
	require.Greater(t, round, costs.Base)
	grow := round - costs.CopyWord + 3*costs.PageBase
	require.Equal(t, round+grow, at(8)-at(16))
}

func TestStorageStatus(t *testing.T) {
	t.Parallel()
	x, y, z := []byte("x"), []byte("y"), []byte("z")
	for _, tc := range []struct {
		name                    string
		original, current, next []byte
		want                    uint32
	}{
		{"nothing to nothing", nil, nil, nil, statusAssigned},
		{"the same", x, x, x, statusAssigned},
		{"dirty and the same", x, y, y, statusAssigned},
		{"dirty to another", x, y, z, statusAssigned},
		{"added and changed", nil, y, z, statusAssigned},
		{"added", nil, nil, z, statusAdded},
		{"deleted", x, x, nil, statusDeleted},
		{"modified", x, x, z, statusModified},
		{"deleted and added", x, nil, z, statusDeletedAdded},
		{"modified and deleted", x, y, nil, statusModifiedDeleted},
		{"deleted and restored", x, nil, x, statusDeletedRestored},
		{"added and deleted", nil, y, nil, statusAddedDeleted},
		{"modified and restored", x, y, x, statusModifiedRestored},
		{"empty is not absent", nil, nil, []byte{}, statusAdded},
		{"empty to absent", []byte{}, []byte{}, nil, statusDeleted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := func(b []byte) slotData { return slotData{b, b != nil} }
			require.Equal(t, tc.want, storageStatus(v(tc.original), v(tc.current), v(tc.next)))

			// The same through the guest: two writes in one transaction.
			w := newWorld(t)
			if tc.original != nil {
				slot(1, tc.original)(w)
			}
			m := openScript.mem
			put := func(b []byte) cmd {
				if b == nil {
					return cmd{CallStorageWrite, m, m + 100} // 32 zero bytes
				}
				at := uint32(bytes.IndexByte([]byte("xyz"), append(b, 'x')[0]))
				return cmd{CallStorageStore, m, m + 32 + at, uint32(len(b))}
			}
			_, t0 := w.good(join(word(1), []byte("xyz")), put(tc.current), put(tc.next))
			require.Equal(t, tc.want, t0[1])
		})
	}
}
