package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// statically makes a static_call of payload and returns the status and the data.
func (w *world) statically(to address.Address, p []byte) (trap.Code, []byte) {
	m := openScript.mem
	mem, t0 := w.good(join(to[:], p), cmd{CallStaticCall, m, m + 24, uint32(len(p))},
		cmd{CallReturnData, m + 4096, 0, 4096})
	return trap.Code(t0[0]), mem[4096 : 4096+min(t0[1], 4096)]
}

func TestStaticCall(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	nested := func(w *world, number uint32) []byte {
		p := payload("go", input(nil, cmd{CallEmit, m, 0, m, 0}))
		return payload("go", input(join(w.o[:], p), cmd{number, m, m + 24, uint32(len(p))}))
	}
	for _, tc := range []struct {
		name    string
		payload func(w *world) []byte
		want    trap.Code
		data    string
	}{
		{"a reader", func(*world) []byte { return payload("go", input([]byte("seen"))) }, trap.None,
			"seen"},
		{"a writer", func(*world) []byte {
			return payload("go", input(nil, cmd{CallStorageStore, m, m, 1}))
		}, trap.StaticViolation, ""},
		{"one that pays", func(w *world) []byte {
			return payload("go", input(join(w.b[:], u64(1)), cmd{CallCall, m, 0, 0, 0, 0, m + 24}))
		}, trap.StaticViolation, ""},
		{"one that withdraws", func(*world) []byte {
			return payload("go", input(join(make([]byte, 24), u64(1)), cmd{CallWithdraw, m, m + 24}))
		}, trap.StaticViolation, ""},
		{"one that spawns", func(*world) []byte {
			return payload("go", input(nil, cmd{CallSpawn, m, 1, m}))
		}, trap.StaticViolation, ""},
		{"one that calls a writer", func(w *world) []byte { return nested(w, CallCall) },
			trap.StaticViolation, ""},
		{"one that tries a writer", func(w *world) []byte { return nested(w, CallTryCall) }, trap.None,
			""},
		{"one that asks a writer", func(w *world) []byte { return nested(w, CallStaticCall) }, trap.None,
			""},
		{"one that gives up", func(*world) []byte {
			return payload("go", input([]byte("why"), cmd{CallRevert, m, 3}))
		}, trap.Revert, "why"},
		{"nothing", func(*world) []byte { return nil }, trap.None, ""},
		{"no payload", func(*world) []byte { return []byte{7} }, trap.NotSpawned, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.digest()
			code, data := w.statically(w.o, tc.payload(w))
			require.Equal(t, tc.want, code)
			require.GreaterOrEqual(t, len(data), len(tc.data))
			require.Equal(t, tc.data, string(data[:len(tc.data)]))
			w.st.BeginTx(nil)
			require.Equal(t, before, w.digest())
		})
	}
}

// TestStaticCallOfOneself: own principal-only methods may be entered, and bind the frame, too.
func TestStaticCallOfOneself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	code, _ := w.statically(w.a, payload("secret", input(nil, cmd{CallEmit, m, 0, m, 0})))
	require.Equal(t, trap.StaticViolation, code)
	code, _ = w.statically(w.b, payload("secret", input(nil)))
	require.Equal(t, trap.NotPrincipal, code)
	code, _ = w.statically(w.o, payload("spin", nil))
	require.Equal(t, trap.OutOfGas, code)
}

// TestStaticFrameGoesOn: the frame that asked is not static itself.
func TestStaticFrameGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	p := payload("go", input(nil))
	_, t0 := w.good(join(w.o[:], p), cmd{CallStaticCall, m, m + 24, uint32(len(p))},
		cmd{CallStorageStore, m, m, 3})
	require.Equal(t, []uint32{0, statusAdded}, t0)
}

func TestAccountInfo(t *testing.T) {
	t.Parallel()
	hash := address.CodeHash(openScript.elf)
	stub := address.Address{23: 9}
	for _, tc := range []struct {
		name  string
		of    func(w *world) address.Address
		want  func(w *world) []byte
		found uint32
	}{
		{"a live account", func(w *world) address.Address { return w.o },
			func(w *world) []byte { return join(u64(300), []byte{1}, w.open_[:], hash[:]) }, 1},
		{"a template", func(w *world) address.Address { return w.open_ },
			func(*world) []byte { return join(make([]byte, 33), hash[:]) }, 1},
		{"a template that was paid", func(w *world) address.Address {
			w.st.Credit(w.open_, 5)
			return w.open_
		}, func(*world) []byte { return join(u64(5), make([]byte, 25), hash[:]) }, 1},
		{"a stub", func(w *world) address.Address {
			w.st.Credit(stub, 7)
			return stub
		}, func(*world) []byte { return join(u64(7), make([]byte, 57)) }, 0},
		{"a dead account", func(w *world) address.Address {
			w.st.SetHeader(stub, state.Header{Status: state.Dead, Nonce: 3})
			return stub
		}, func(*world) []byte { return join(u64(0), []byte{2}, make([]byte, 56)) }, 0},
		{"nobody", func(*world) address.Address { return stub },
			func(*world) []byte { return make([]byte, accountInfoBytes) }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			of, m := tc.of(w), openScript.mem
			mem, t0 := w.good(of[:], cmd{CallAccountInfo, m, m + 32})
			require.Equal(t, []uint32{tc.found}, t0)
			require.Equal(t, tc.want(w), mem[32:32+accountInfoBytes])
		})
	}
}

// withdrawing is a payload that withdraws an amount from whoever it enters.
func withdrawing(amount uint64, more ...cmd) []byte {
	m := openScript.mem
	cmds := append([]cmd{{CallWithdraw, m, m + 24}}, more...)
	return payload("go", input(join(make([]byte, 23), []byte{8}, u64(amount)), cmds...))
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	to := address.Address{23: 8}
	inner, failing := withdrawing(25), withdrawing(50, cmd{CallHalt, 3})
	mem := join(to[:], u64(40), w.o[:], inner, failing)
	s := w.begin()
	r := s.Call(w.a, Selector("go"), input(mem,
		cmd{CallWithdraw, m, m + 24},
		cmd{CallTryCall, m + 32, m + 56, uint32(len(inner))},
		cmd{CallTryCall, m + 32, m + 56 + uint32(len(inner)), uint32(len(failing))}))
	require.Equal(t, trap.None, r.Trap, "%s", r.Message)
	_, t0 := output(t, r.Return)
	require.Equal(t, []uint32{0, 0, uint32(trap.Panic)}, t0)
	require.Equal(t, []Withdrawal{{w.a, to, 40}, {w.o, to, 25}}, s.Withdrawals(), "each of its own")
	require.Equal(t, []uint64{60, 275}, []uint64{w.balance(w.a), w.balance(w.o)})
}

// TestFailedFrameWithdrawsNothing: a first frame that ends badly takes back what it and its callees
// withdrew.
func TestFailedFrameWithdrawsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.digest()
	m := openScript.mem
	p := withdrawing(25)
	s := w.begin()
	r := s.Call(w.a, Selector("go"), input(join(make([]byte, 24), u64(40), w.o[:], p),
		cmd{CallWithdraw, m, m + 24}, cmd{CallCall, m + 32, m + 56, uint32(len(p))},
		cmd{CallHalt, 1}))
	require.Equal(t, trap.Panic, r.Trap)
	require.Empty(t, s.Withdrawals())
	w.st.BeginTx(nil)
	require.Equal(t, before, w.digest())
	for _, amount := range []uint64{101, 1 << 63, 1<<64 - 1} {
		s = w.begin()
		r = s.Call(w.a, Selector("go"), input(join(make([]byte, 24), u64(amount)),
			cmd{CallWithdraw, m, m + 24}))
		require.Equal(t, trap.InsufficientBalance, r.Trap)
		require.Empty(t, s.Withdrawals())
	}
}

// TestWithdrawalsAreCounted: what was taken back counts, too, and the limit is the transaction's.
func TestWithdrawalsAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	out := cmd{CallWithdraw, m, m + 24}
	mem := join(make([]byte, 24), u64(1))
	s := w.begin()
	require.Equal(t, trap.None, s.Call(w.a, Selector("go"), input(mem, out, out)).Trap)
	require.Equal(t, trap.Panic,
		s.Call(w.a, Selector("go"), input(mem, out, cmd{CallHalt, 1})).Trap)
	require.Equal(t, trap.OutOfWitness, s.Call(w.a, Selector("go"), input(mem, out)).Trap)
	require.True(t, s.Exhausted())
	require.Len(t, s.Withdrawals(), 2)
	w.st.BeginTx(nil)
	require.Equal(t, uint64(98), w.balance(w.a))
}

// TestDeposited: the call of a deposit enters public code and factories, as nobody's principal.
func TestDeposited(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	alias := address.Address{3: 1, 23: 7}
	for _, tc := range []struct {
		name    string
		to      func(w *world) address.Address
		payload []byte
		want    trap.Code
	}{
		{"a public method", func(w *world) address.Address { return w.o },
			payload("go", input(nil, cmd{CallContext, m}, cmd{CallLayerContext, m + 80})), trap.None},
		{"a public method of a guarded account", func(w *world) address.Address { return w.b },
			payload("go", input(nil)), trap.None},
		{"a principal-only method", func(w *world) address.Address { return w.b },
			payload("secret", input(nil)), trap.NotPrincipal},
		{"verify", func(w *world) address.Address { return w.b }, payload("verify", nil),
			trap.NotPrincipal},
		{"a factory", func(w *world) address.Address { return w.open_ },
			payload("go", input([]byte("x"), cmd{CallSpawn, m, 1, m + 80})), trap.None},
		{"nobody", func(*world) address.Address { return address.Address{9} },
			payload("go", nil), trap.NotSpawned},
		{"itself", func(*world) address.Address { return alias }, payload("go", nil), trap.NotSpawned},
		{"no method", func(w *world) address.Address { return w.o }, payload("stop", nil),
			trap.NoSuchMethod},
		{"a transfer", func(w *world) address.Address { return w.o }, payload("", nil), trap.None},
		{"garbage", func(w *world) address.Address { return w.o }, []byte{9}, trap.NotSpawned},
		{"an endless loop", func(w *world) address.Address { return w.o }, payload("spin", nil),
			trap.OutOfGas},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.digest()
			units := plenty
			units[metering.Compute] = 300_000
			s := w.x.Begin(w.st, testContext, alias, units)
			r := s.Deposited(alias, tc.to(w), tc.payload)
			require.Equal(t, tc.want, r.Trap)
			require.True(t, s.Used().Fits(units))
			if tc.want != trap.None {
				w.st.BeginTx(nil)
				require.Equal(t, before, w.digest())
			}
			if tc.name == "a public method" {
				mem, _ := output(t, r.Return)
				require.Equal(t, join(u64(0), alias[:], make([]byte, 24), w.o[:]), mem[:80])
				require.Equal(t, alias[:], mem[80+112:80+136], "origin")
			}
		})
	}
}
