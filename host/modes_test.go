package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/trap"
)

// where runs a script in one kind of frame and returns the trap that it ended with.
type where func(w *world, in []byte) trap.Code

var frames = map[mode]where{
	modeCall: func(w *world, in []byte) trap.Code {
		return w.begin().Call(w.a, Selector("go"), in).Trap
	},
	modeStatic: func(w *world, in []byte) trap.Code {
		return w.x.View(w.st, testContext, w.a, Selector("go"), in, 10_000_000).Trap
	},
	modeVerify: func(w *world, in []byte) trap.Code {
		_, r := w.begin().Verify(w.a, w.guarded, nil, nil, in)
		return r.Trap
	},
	modeConstructor: func(w *world, in []byte) trap.Code {
		_, r := w.begin().Construct(w.guarded, address.OfSpawn(w.guarded, nil), in)
		return r.Trap
	},
	modeFactory: func(w *world, in []byte) trap.Code {
		p := payload("go", in)
		r := w.run(join(w.open_[:], p),
			cmd{CallTryCall, openScript.mem, openScript.mem + 24, uint32(len(p))})
		if r.Trap != trap.None {
			return r.Trap
		}
		_, t0 := output(w.t, r.Return)
		return trap.Code(t0[0])
	},
}

// TestDenied checks every call in every kind of frame: what the table of the specification denies
// (docs/spec/accounts.md) is a StaticViolation, and nothing else is.
func TestDenied(t *testing.T) {
	t.Parallel()
	const (
		v, c, f, s = modeVerify, modeConstructor, modeFactory, modeStatic
		none, all  = mode(0), v | c | f | s
	)
	denied := map[uint32]mode{
		CallHalt: none, CallWrite: none, CallInputLeft: none, CallInputRead: none, CallContext: none,
		CallMemoryGrow: none, CallGasLeft: none, CallAbort: none, CallRevert: none,
		CallBLAKE3: none, CallSHA256: none, CallVerifyEd25519: none,
		CallStorageRead: c | f, CallStorageLoad: c | f, CallStorageHas: c | f, CallBalance: c | f,
		CallStorageWrite: all, CallStorageStore: all, CallStorageDelete: all, CallEmit: all,
		CallDeploy: all, CallSpawn: v | s, CallCall: v | c | f, CallTryCall: v | c | f,
		CallLayerContext: v, CallReturnData: v,
		CallStaticCall: v | c | f, CallAccountInfo: v | c, CallWithdraw: all,
		CallSelfDestruct: all, CallLifeline: all, CallResurrect: all,
	}
	for number := range precompileCalls() { //lint:unordered a set
		denied[number] = none
	}
	require.Len(t, denied, len(calls))
	for number, want := range denied { //lint:unordered independent cases
		for m, run := range frames { //lint:unordered independent cases
			w := newWorld(t)
			// All pointers are bad: what is not denied ends otherwise, and StaticViolation comes first.
			got := run(w, input(nil, cmd{number, 1, 1, 1, 1, 1, 1}))
			require.Equal(t, want&m != 0, got == trap.StaticViolation,
				"%s in mode %d: %s", CallName(number), m, got)
		}
	}
}

// TestReadsInVerify [24]: verify reads its own account and nothing else.
func TestReadsInVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slot(1, word(5))(w)
	m := openScript.mem
	_, r := w.begin().Verify(w.a, w.guarded, nil, nil, input(word(1), cmd{CallStorageRead, m},
		cmd{CallBalance, m + 32}, cmd{CallContext, m + 40}))
	require.Equal(t, trap.None, r.Trap)
	mem, _ := output(t, r.Return)
	require.Equal(t, join(word(5), u64(100), u64(0), w.a[:], w.guarded[:], w.a[:]), mem[:120])
}

func TestVerify(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	say := func(b ...byte) []byte {
		return input(b, cmd{CallWrite, 3, m, uint32(len(b))}, cmd{CallHalt})
	}
	for _, tc := range []struct {
		name string
		auth []byte
		want bool
		trap trap.Code
	}{
		{"true", say(1), true, trap.None},
		{"false", say(0), false, trap.None},
		{"two", say(2), false, trap.None},
		{"nothing", say(), false, trap.None},
		{"too much", say(1, 0), false, trap.None},
		{"true, but it fails", input([]byte{1}, cmd{CallWrite, 3, m, 1}, cmd{CallHalt, 1}), false,
			trap.Panic},
		{"true as revert data", input([]byte{1}, cmd{CallRevert, m, 1}), false, trap.Revert},
		{"garbage", nil, false, trap.BadHostArgument},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ok, r := w.begin().Verify(w.a, w.guarded, nil, nil, tc.auth)
			require.Equal(t, tc.want, ok)
			require.Equal(t, tc.trap, r.Trap)
		})
	}
}

func TestVerifyOfAnAccountThatIsNotWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	blob := input([]byte{1}, cmd{CallWrite, 3, openScript.mem, 1}, cmd{CallHalt})
	a := address.OfSpawn(w.guarded, blob)
	s := w.begin()
	// The blob comes first in the input: its first byte stands where the script skips one.
	ok, r := s.Verify(a, w.guarded, append([]byte{0}, blob...), []byte("message"), []byte("auth"))
	require.True(t, ok)
	require.NotZero(t, r.GasUsed)
	require.Equal(t, r.GasUsed, s.Used()[1])
	_, found := w.st.Header(a)
	require.False(t, found)

	ok, r = w.begin().Verify(a, w.open_, nil, nil, nil)
	require.False(t, ok)
	require.Equal(t, trap.NoSuchMethod, r.Trap)
	_, r = w.begin().Verify(a, address.Address{1}, nil, nil, nil)
	require.Equal(t, trap.NotSpawned, r.Trap)
}

func TestVerifyLimits(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	var reads []cmd
	var keys []byte
	for i := range uint32(8) {
		reads = append(reads, cmd{CallStorageHas, m + 32*i})
		keys = append(keys, word(byte(i))...)
	}
	verify := func(change func(l *Limits), n int) (Result, *Session) {
		limits := testLimits()
		change(&limits)
		s := newWorldWith(t, limits)
		w := s.begin()
		_, r := w.Verify(s.a, s.guarded, nil, nil, input(keys, reads[:n]...))
		return r, w
	}
	r, s := verify(func(l *Limits) {}, 7) // with the template's record: eight keys
	require.Equal(t, trap.None, r.Trap)
	require.False(t, s.Exhausted())
	gas := r.GasUsed
	r, s = verify(func(l *Limits) {}, 8)
	require.Equal(t, trap.OutOfWitness, r.Trap)
	require.True(t, s.Exhausted())
	r, s = verify(func(l *Limits) { l.Verify[1] = gas - 1 }, 7)
	require.Equal(t, trap.OutOfGas, r.Trap)
	require.Equal(t, gas-1, r.GasUsed)
	require.False(t, s.Exhausted())
	r, _ = verify(func(l *Limits) { l.Verify[2] = 5_000 }, 7)
	require.Equal(t, trap.OutOfWitness, r.Trap)
}

// TestConstruct [14]: a constructor makes its principal and nothing else.
func TestConstruct(t *testing.T) {
	t.Parallel()
	m := openScript.mem
	spawn := func(n uint32) cmd { return cmd{CallSpawn, m, n, m + 100} }
	for _, tc := range []struct {
		name string
		cmds []cmd
		want trap.Code
	}{
		{"its own blob", []cmd{spawn(4)}, trap.None},
		{"another blob", []cmd{spawn(3)}, trap.BadHostArgument},
		{"nothing", nil, trap.NotSpawned},
		{"twice", []cmd{spawn(4), spawn(4)}, trap.StaticViolation},
		{"failing afterwards", []cmd{spawn(4), {CallHalt, 3}}, trap.Panic},
		{"storage", []cmd{spawn(4), {CallStorageHas, m}}, trap.StaticViolation},
		{"context", []cmd{{CallContext, m + 200}, spawn(4)}, trap.None},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			principal := address.OfSpawn(w.guarded, []byte("blob"))
			w.st.Credit(principal, 50)
			before := w.digest()
			blob, r := w.begin().Construct(w.guarded, principal, input([]byte("blob"), tc.cmds...))
			require.Equal(t, tc.want, r.Trap)
			if tc.want == trap.None {
				require.Equal(t, "blob", string(blob))
				mem, _ := output(t, r.Return)
				require.Equal(t, principal[:], mem[100:124])
				if tc.name == "context" {
					var zero address.Address
					require.Equal(t, join(u64(0), principal[:], zero[:], principal[:]), mem[200:280])
				}
			} else {
				require.Nil(t, blob)
			}
			w.st.BeginTx(nil)
			require.Equal(t, before, w.digest())
		})
	}
}

func TestViewChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := openScript.mem
	before := w.digest()
	view := func(method string, mem []byte, cmds ...cmd) Result {
		return w.x.View(w.st, testContext, w.a, Selector(method), input(mem, cmds...), 1_000_000)
	}
	p := payload("go", input(nil, cmd{CallEmit, m, 0, m, 0}))
	require.Equal(t, trap.None, view("go", nil).Trap)
	require.Equal(t, trap.NotPrincipal, view("secret", nil).Trap)
	require.Equal(t, trap.NotPrincipal, view("verify", nil).Trap)
	require.Equal(t, trap.StaticViolation, view("go", join(w.o[:], p),
		cmd{CallCall, m, m + 24, uint32(len(p))}).Trap, "callees are static, too")
	p = payload("go", input(nil, cmd{CallSpawn, m, 0, m}))
	require.Equal(t, trap.StaticViolation, view("go", join(w.open_[:], p),
		cmd{CallCall, m, m + 24, uint32(len(p))}).Trap, "factories are static, too")
	require.Equal(t, trap.StaticViolation, view("go", join(w.o[:], u64(1)),
		cmd{CallTryCall, m, 0, 0, m + 24}).Trap, "no amount")
	require.Equal(t, trap.None, view("go", join(w.o[:], u64(0)),
		cmd{CallTryCall, m, 0, 0, m + 24}).Trap)
	require.Equal(t, trap.NotSpawned,
		w.x.View(w.st, testContext, address.Address{5}, Selector("go"), nil, 1_000_000).Trap)
	require.Equal(t, before, w.digest())
}
