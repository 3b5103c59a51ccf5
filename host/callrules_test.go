package host

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/trap"
)

// tried makes a try_call of payload with an amount and returns the status and the data.
func (w *world) tried(to address.Address, p []byte, amount uint64) (trap.Code, []byte) {
	m := openScript.mem
	mem, t0 := w.good(join(to[:], u64(amount), p),
		cmd{CallTryCall, m, m + 32, uint32(len(p)), m + 24},
		cmd{CallReturnData, m + 4096, 0, 4096})
	return trap.Code(t0[0]), mem[4096 : 4096+min(t0[1], 4096)]
}

// TestCallTargets [15, 35]: what a call of each sort of address runs, and what is refused.
func TestCallTargets(t *testing.T) {
	t.Parallel()
	nobody := address.Address{23: 9}
	for _, tc := range []struct {
		name    string
		to      func(w *world) address.Address
		payload []byte
		amount  uint64
		want    trap.Code
	}{
		{"transfer to an account", func(w *world) address.Address { return w.o }, nil, 5, trap.None},
		{"transfer to nobody", func(*world) address.Address { return nobody }, nil, 5, trap.None},
		{"transfer to a template", func(w *world) address.Address { return w.open_ }, nil, 5, trap.None},
		{"transfer by an encoded payload", func(*world) address.Address { return nobody },
			payload("", nil), 5, trap.None},
		{"transfer to oneself", func(w *world) address.Address { return w.a }, nil, 100, trap.None},
		{"transfer of too much to oneself", func(w *world) address.Address { return w.a }, nil, 101,
			trap.InsufficientBalance},
		{"transfer of too much", func(w *world) address.Address { return w.o }, nil, 101,
			trap.InsufficientBalance},
		{"transfer to the rich", func(w *world) address.Address {
			w.st.SetHeader(nobody, state.Header{Balance: math.MaxUint64})
			return nobody
		}, nil, 1, trap.Overflow},
		{"transfer to an expired account", func(w *world) address.Address {
			w.st.SetHeader(nobody, state.Header{Status: state.Expired, Balance: 1})
			return nobody
		}, nil, 1, trap.None},
		{"method", func(w *world) address.Address { return w.o }, payload("go", input(nil)), 5,
			trap.None},
		{"entry", func(w *world) address.Address { return w.o }, payload("", input(nil)), 5, trap.None},
		{"factory", func(w *world) address.Address { return w.open_ }, payload("go", input(nil)), 0,
			trap.None},
		{"factory with money", func(w *world) address.Address { return w.open_ },
			payload("go", input(nil)), 1, trap.StaticViolation},
		{"factory of a guarded template", func(w *world) address.Address { return w.guarded },
			payload("spawn", input(nil)), 0, trap.NotPrincipal},
		{"nobody", func(*world) address.Address { return nobody }, payload("go", nil), 0,
			trap.NotSpawned},
		{"an expired account", func(w *world) address.Address {
			w.st.SetHeader(nobody, state.Header{Status: state.Expired})
			return nobody
		}, payload("go", nil), 0, trap.AccountExpired},
		{"a dead account", func(w *world) address.Address {
			w.st.SetHeader(nobody, state.Header{Status: state.Dead})
			return nobody
		}, payload("go", nil), 0, trap.NotSpawned},
		{"unknown method", func(w *world) address.Address { return w.o }, payload("stop", nil), 0,
			trap.NoSuchMethod},
		{"malformed payload", func(w *world) address.Address { return w.o }, []byte{2}, 0,
			trap.NotSpawned},
		{"payload with more", func(w *world) address.Address { return w.o },
			append(payload("go", input(nil)), 0), 0, trap.NotSpawned},
		{"empty payload with more", func(w *world) address.Address { return w.o }, []byte{0, 0, 0}, 0,
			trap.NotSpawned},
		{"public method of a guarded account", func(w *world) address.Address { return w.b },
			payload("go", input(nil)), 0, trap.None},
		{"principal-only method", func(w *world) address.Address { return w.b },
			payload("secret", input(nil)), 0, trap.NotPrincipal},
		{"reserved method", func(w *world) address.Address { return w.b }, payload("spawn", input(nil)),
			0, trap.NotPrincipal},
		{"verify of another", func(w *world) address.Address { return w.b }, payload("verify", nil), 0,
			trap.NotPrincipal},
		{"own principal-only method", func(w *world) address.Address { return w.a },
			payload("secret", input(nil)), 0, trap.None},
		{"flagged method without a verify", func(w *world) address.Address { return w.o },
			payload("secret", input(nil)), 0, trap.None},
		{"endless loop", func(w *world) address.Address { return w.o }, payload("spin", nil), 0,
			trap.OutOfGas},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			to := tc.to(w)
			before, there := w.balance(w.a), w.balance(to)
			got, _ := w.tried(to, tc.payload, tc.amount)
			require.Equal(t, tc.want, got)
			if tc.want != trap.None || to == w.a {
				tc.amount = 0
			}
			require.Equal(t, before-tc.amount, w.balance(w.a))
			if to != w.a {
				require.Equal(t, there+tc.amount, w.balance(to))
			}
		})
	}
}

func TestCallPropagates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	inner := payload("go", input([]byte("why"), cmd{CallStorageStore, m, m, 3}, cmd{CallEmit, 1, 0, 1},
		cmd{CallRevert, m, 3}))
	before := w.digest()
	s := w.begin()
	r := s.Call(w.a, Selector("go"), input(join(w.o[:], inner, u64(7)),
		cmd{CallStorageStore, m, m, 3}, cmd{CallEmit, 1, 0, 1},
		cmd{CallCall, m, m + 24, uint32(len(inner)), 0, 0, m + 24 + uint32(len(inner))}))
	require.Equal(t, trap.Revert, r.Trap)
	require.Equal(t, "why", string(r.Return))
	require.Empty(t, s.Events())
	require.NotZero(t, s.Used()[3], "units stay")
	w.st.BeginTx(nil)
	require.Equal(t, before, w.digest())

	// The same with try_call: only the inner call is undone.
	s = w.begin()
	r = s.Call(w.a, Selector("go"), input(join(w.o[:], inner, u64(7)),
		cmd{CallStorageStore, m, m, 3}, cmd{CallEmit, 1, 0, 1},
		cmd{CallTryCall, m, m + 24, uint32(len(inner)), m + 24 + uint32(len(inner))},
		cmd{CallReturnData, m + 4000, 1, 100}))
	require.Equal(t, trap.None, r.Trap)
	mem, t0 := output(t, r.Return)
	require.Equal(t, []uint32{statusAdded, 0, uint32(trap.Revert), 3}, t0)
	require.Equal(t, "hy\x00", string(mem[4000:4003]))
	require.Equal(t, []Event{{Account: w.a, Topics: [][32]byte{}, Data: []byte{}}}, s.Events())
	require.Equal(t, uint64(300), w.balance(w.o))
	h, _ := w.st.Header(w.o)
	require.Zero(t, h.Slots)
	h, _ = w.st.Header(w.a)
	require.Equal(t, uint32(1), h.Slots)
}

func TestContextOfACallee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	code, data := w.tried(w.o, payload("go", input(nil, cmd{CallContext, m})), 9)
	require.Equal(t, trap.None, code)
	require.Equal(t, join(u64(9), w.a[:], w.guarded[:], w.o[:]), data[:80])
	code, data = w.tried(w.open_, payload("go", input(nil, cmd{CallContext, m})), 0)
	require.Equal(t, trap.None, code)
	require.Equal(t, join(u64(0), w.a[:], w.guarded[:], w.open_[:]), data[:80])
}

// TestFactorySpawns [14]: a template makes accounts of its own, through its own code.
func TestFactorySpawns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	a := address.OfSpawn(w.open_, []byte("one"))
	w.st.Credit(a, 7) // it was a stub
	code, data := w.tried(w.open_, payload("spawn", input([]byte("onetwo"),
		cmd{CallSpawn, m, 3, m + 100}, cmd{CallSpawn, m + 3, 3, m + 200})), 0)
	require.Equal(t, trap.None, code)
	require.Equal(t, a[:], data[100:124])
	h, _ := w.st.Header(a)
	require.Equal(t, state.Live, h.Status)
	require.Equal(t, uint64(7), h.Balance)
	h, _ = w.st.Header(address.OfSpawn(w.open_, []byte("two")))
	require.Equal(t, w.open_, h.Template)
	code, _ = w.tried(w.open_, payload("spawn", input([]byte("one"), cmd{CallSpawn, m, 3, m})), 0)
	require.Equal(t, trap.BadHostArgument, code, "live already")
}

// nested builds a payload whose callee calls o again, depth times in all, and then makes last.
func nested(w *world, depth int, last ...cmd) []byte {
	m := openScript.mem
	in := input(nil, last...)
	for range depth - 1 {
		p := payload("go", in)
		in = input(join(w.o[:], p), cmd{CallCall, m, m + 24, uint32(len(p))})
	}
	return payload("go", in)
}

func TestCallDepth(t *testing.T) {
	t.Parallel()
	limits := testLimits()
	limits.CallDepth = 6
	w := newWorldWith(t, limits)
	code, _ := w.tried(w.o, nested(w, 5), 0)
	require.Equal(t, trap.None, code, "with the first frame: 6")
	code, _ = w.tried(w.o, nested(w, 6), 0)
	require.Equal(t, trap.CallDepth, code)
}

// TestEndlessRecursion is the default depth and gas: it must end, quickly.
func TestEndlessRecursion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := assemble(`
.export go
go:
	la a0, self
	li a1, 24
	li t0, 0xF1
	ecall
	la a0, self
	la a1, payload
	li a2, 30
	li a3, 0
	li a5, 0
	la t1, payload
	addi t1, t1, 6
	li t2, 24
	la t3, self
copy:
	lb t4, 0(t3)
	sb t4, 0(t1)
	addi t1, t1, 1
	addi t3, t3, 1
	addi t2, t2, -1
	bnez t2, copy
	li t0, 0xA2
	ecall
	ret
.data
self: .zero 24
payload: .byte 1
sel: .zero 4
len: .byte 96
rest: .zero 24
mem: .word 0
`)
	sel := Selector("go")
	o := append([]byte{}, g.elf...)
	at := indexOf(o, []byte{1, 0, 0, 0, 0, 96})
	copy(o[at+1:], sel[:])
	tmpl := w.deploy(guest{elf: o})
	a := address.OfSpawn(tmpl, nil)
	w.st.Spawn(a, tmpl, nil)
	r := w.begin().Call(a, sel, a[:])
	require.Equal(t, trap.CallDepth, r.Trap)
}

func indexOf(b, sub []byte) int {
	for i := range b {
		if i+len(sub) <= len(b) && string(b[i:i+len(sub)]) == string(sub) {
			return i
		}
	}
	panic("BUG: not found")
}

// TestMemoryOfAllFrames [37]: the pages of all live frames of a transaction are bounded together.
func TestMemoryOfAllFrames(t *testing.T) {
	t.Parallel()
	pages := sharedProgram(script).pages
	limits := testLimits()
	limits.TxMemoryPages = 3*pages + 1
	w := newWorldWith(t, limits)
	code, _ := w.tried(w.o, nested(w, 2), 0)
	require.Equal(t, trap.None, code)
	code, _ = w.tried(w.o, nested(w, 2, cmd{CallMemoryGrow, 1}), 0)
	require.Equal(t, trap.None, code)
	code, _ = w.tried(w.o, nested(w, 3), 0)
	require.Equal(t, trap.MemoryLimit, code)
	code, data := w.tried(w.o, payload("go", input(nil, cmd{CallMemoryGrow, pages + 2},
		cmd{CallWrite, 3, openScript.mem + memBytes, 4}, cmd{CallHalt})), 0)
	require.Equal(t, trap.None, code, "the growth is refused, the frame goes on")
	require.Equal(t, []byte{0xFE, 0xFF, 0xFF, 0xFF}, data)
	// What ended gives its pages back: two calls one after the other fit where two nested do not.
	m := openScript.mem
	p := payload("go", input(nil))
	call := cmd{CallCall, m, m + 24, uint32(len(p))}
	limits.TxMemoryPages = 2 * pages
	w = newWorldWith(t, limits)
	w.good(join(w.o[:], p), call, call, call)

	limits.MemoryPages = pages - 1
	w = newWorldWith(t, limits)
	require.Equal(t, trap.MemoryLimit, w.run(nil).Trap)
}

func TestGasOfCallee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	// gas_left of the callee right at its first command, for a limited and an unlimited call.
	p := payload("go", input(nil, cmd{CallGasLeft, m}))
	spin := payload("spin", []byte{1})
	inner := func(gas uint64) (callee, before, after uint64) {
		mem, _ := w.good(join(w.o[:], u64(gas), p), cmd{CallGasLeft, m + 5000},
			cmd{CallTryCall, m, m + 32, uint32(len(p)), 0, m + 24}, cmd{CallGasLeft, m + 5008},
			cmd{CallReturnData, m + 6000, 0, 8})
		at := func(i int) uint64 { return binary.LittleEndian.Uint64(mem[i:]) }
		return at(6000), at(5000), at(5008)
	}
	callee, before, after := inner(math.MaxUint64)
	require.Less(t, callee, before-before/64)
	require.Greater(t, after, before-before/64, "what the callee left came back")
	callee, _, _ = inner(100_000)
	require.Less(t, callee, uint64(100_000))

	// A callee that burns all it has: exactly 1/64 of what there was after the call's charges is left.
	mem, t0 := w.good(join(w.o[:], spin), cmd{CallGasLeft, m + 5000},
		cmd{CallTryCall, m, m + 24, uint32(len(spin))}, cmd{CallGasLeft, m + 5008})
	require.Equal(t, uint32(trap.OutOfGas), t0[1])
	had := binary.LittleEndian.Uint64(mem[5000:])
	left := binary.LittleEndian.Uint64(mem[5008:])
	require.InDelta(t, had/64, left, 4_000)

	// With call instead of try_call the caller ends the same way, and burns the rest.
	r := w.run(join(w.o[:], spin), cmd{CallCall, m, m + 24, uint32(len(spin))})
	require.Equal(t, trap.OutOfGas, r.Trap)
	require.Equal(t, plenty[1], r.GasUsed)
	// A trap other than OutOfGas leaves the rest.
	r = w.run(nil, cmd{CallHalt, 1})
	require.Less(t, r.GasUsed, plenty[1]/100)
}

func TestExhaustionIsNotCaught(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	p := payload("go", input(nil, cmd{CallEmit, m, 0, m, 1001}))
	s := w.begin()
	r := s.Call(w.a, Selector("go"), input(join(w.o[:], p),
		cmd{CallStorageStore, m, m, 1}, cmd{CallTryCall, m, m + 24, uint32(len(p))}))
	require.Equal(t, trap.OutOfWitness, r.Trap)
	require.True(t, s.Exhausted())
	require.Equal(t, trap.OutOfWitness, s.Call(w.a, Selector("go"), input(nil)).Trap)
	w.st.BeginTx(nil)
	require.Equal(t, uint64(600), w.money())

	units := plenty
	units[3] = 100
	s = w.x.Begin(w.st, testContext, w.a, units)
	p = payload("go", input(nil, cmd{CallStorageStore, m, m, 100}))
	require.Equal(t, trap.OutOfWitness, s.Call(w.a, Selector("go"), input(join(w.o[:], p),
		cmd{CallTryCall, m, m + 24, uint32(len(p))})).Trap)
}

// TestCodeIsChargedOnce [5]: the first entry into a template pays for all of its code, later ones
// nothing.
func TestCodeIsChargedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.begin()
	cold := first.Call(w.a, Selector("go"), input(nil))
	read := first.Used()[2]
	require.Greater(t, read, uint64(len(script.elf)))
	warm := first.Call(w.a, Selector("go"), input(nil))
	require.Equal(t, read, first.Used()[2])
	require.Less(t, warm.GasUsed, cold.GasUsed)
	// Another transaction pays again, whatever the cache holds.
	again := w.begin().Call(w.a, Selector("go"), input(nil))
	require.Equal(t, cold, again)
	fresh := NewExecutor(w.x.schedule, w.x.limits, NewCodeCache(1))
	s := fresh.Begin(w.st, testContext, w.a, plenty)
	require.Equal(t, cold, s.Call(w.a, Selector("go"), input(nil)))
}

func TestPrincipalMustBeLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.begin()
	require.Equal(t, trap.NotSpawned, s.Call(address.Address{1}, Selector("go"), nil).Trap)
	require.Equal(t, trap.NotSpawned, s.Call(w.open_, Selector("go"), nil).Trap, "a template")
	require.Equal(t, trap.NoSuchMethod, s.Call(w.a, Selector("stop"), nil).Trap)
	require.Equal(t, trap.None, s.Call(w.a, Selector("secret"), input(nil)).Trap)
	w.st.SetHeader(w.b, state.Header{Status: state.Expired})
	require.Equal(t, trap.AccountExpired, s.Call(w.b, Selector("go"), nil).Trap)
}

func TestInventedCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.st.PutTemplate([]byte("no program"))
	a := address.Address{23: 7}
	w.st.Spawn(a, bad, nil)
	require.Equal(t, trap.CodeInvalid, w.begin().Call(a, Selector("go"), nil).Trap)
	code, _ := w.tried(a, payload("go", nil), 0)
	require.Equal(t, trap.CodeInvalid, code)
	large := w.st.PutTemplate(make([]byte, w.x.limits.CodeBytes+1))
	w.st.Spawn(a, large, nil)
	require.Equal(t, trap.CodeInvalid, w.begin().Call(a, Selector("go"), nil).Trap)
}

func TestReentrancy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	back := payload("go", input([]byte("deep"), cmd{CallStorageStore, m, m, 4}))
	p := payload("go", input(join(w.a[:], back), cmd{CallCall, m, m + 24, uint32(len(back))}))
	code, _ := w.tried(w.o, p, 0)
	require.Equal(t, trap.None, code)
	h, _ := w.st.Header(w.a)
	require.Equal(t, uint32(1), h.Slots)
}

func TestLogsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	s := w.begin()
	s.Call(w.a, Selector("go"), input([]byte("one"), cmd{CallWrite, 1, m, 3}))
	r := s.Call(w.a, Selector("go"), input([]byte("two"), cmd{CallWrite, 2, m, 3}, cmd{CallHalt, 1}))
	require.Equal(t, []Log{{w.a, 2, []byte("two")}}, r.Logs)
}
