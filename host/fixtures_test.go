package host

import (
	"bytes"
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// enc builds SCALE arguments.
func enc(values ...any) []byte {
	e := scale.Encoder{}
	for _, v := range values {
		switch v := v.(type) {
		case address.Address:
			e.Raw(v[:])
		case uint64:
			e.U64(v)
		case []byte:
			e.Bytes(v)
		case [4]byte:
			e.Raw(v[:])
		case [32]byte:
			e.Raw(v[:])
		case bool:
			e.Bool(v)
		default:
			panic("BUG: enc")
		}
	}
	return e.B
}

func proxy(to address.Address, method string, args []byte, amount uint64) []byte {
	return enc(to, true, Selector(method), true, args, amount)
}

// rust is a world with the templates of fixtures/contracts.
type rust struct {
	*world
	wallet, token, counter, hostile address.Address
	private                         ed25519.PrivateKey
	user                            address.Address
}

// newRust spawns a wallet as a transaction does: constructor, verify, then the account is written.
func newRust(t *testing.T) *rust {
	w := &rust{world: newWorld(t)}
	w.wallet = w.deploy(guest{elf: fixtures.Wallet()})
	w.token = w.deploy(guest{elf: fixtures.Token()})
	w.counter = w.deploy(guest{elf: fixtures.Counter()})
	w.hostile = w.deploy(guest{elf: fixtures.Hostile()})
	public, private, err := ed25519.GenerateKey(bytes.NewReader(word(7)))
	require.NoError(t, err)
	w.private = private
	w.user = address.OfSpawn(w.wallet, public)
	w.st.Credit(w.user, 1_000)

	s := w.begin()
	blob, r := s.Construct(w.wallet, w.user, public)
	require.Equal(t, trap.None, r.Trap, "%s", r.Message)
	require.Equal(t, []byte(public), blob)
	ok, r := s.Verify(w.user, w.wallet, blob, []byte("tx"), ed25519.Sign(private, []byte("tx")))
	require.Equal(t, trap.None, r.Trap, "%s", r.Message)
	require.True(t, ok)
	w.st.Spawn(w.user, w.wallet, blob)
	t.Logf("verify used %v", s.Used())
	return w
}

func (w *rust) calls(method string, args []byte) (Result, *Session) {
	s := w.begin()
	return s.Call(w.user, Selector(method), args), s
}

func (w *rust) must(method string, args []byte) *Session {
	r, s := w.calls(method, args)
	require.Equal(w.t, trap.None, r.Trap, "%s", r.Message)
	return s
}

func (w *rust) view(a address.Address, method string, args []byte) []byte {
	r := w.x.View(w.st, testContext, a, Selector(method), args, 1_000_000)
	require.Equal(w.t, trap.None, r.Trap, "%s", r.Message)
	return r.Return
}

func TestWallet(t *testing.T) {
	t.Parallel()
	w := newRust(t)
	h, _ := w.st.Header(w.user)
	blob, _ := w.st.Blob(w.user, &h)
	sig := ed25519.Sign(w.private, []byte("tx"))
	sig[3] ^= 1
	ok, r := w.begin().Verify(w.user, w.wallet, blob, []byte("tx"), sig)
	require.False(t, ok)
	require.Equal(t, trap.None, r.Trap)
	ok, _ = w.begin().Verify(w.user, w.wallet, blob, []byte("tx"), sig[:63])
	require.False(t, ok)
	_, r = w.begin().Construct(w.wallet, address.Address{1}, blob)
	require.Equal(t, trap.BadHostArgument, r.Trap, "another's address")

	to := address.Address{23: 3}
	w.must("spend", enc(to, uint64(400)))
	require.Equal(t, uint64(400), w.balance(to))
	require.Equal(t, uint64(600), w.balance(w.user))
	r, _ = w.calls("spend", enc(to, uint64(601)))
	require.Equal(t, trap.InsufficientBalance, r.Trap)
	require.Equal(t, uint64(600), w.balance(w.user))

	// Only its own transactions enter a wallet.
	code, _ := w.tried(w.user, payload("spend", enc(w.a, uint64(1))), 0)
	require.Equal(t, trap.NotPrincipal, code)
	require.Equal(t, trap.NotPrincipal, w.x.View(w.st, testContext, w.user, Selector("spend"),
		enc(to, uint64(1)), 1_000_000).Trap)
}

func TestTokenThroughWallet(t *testing.T) {
	t.Parallel()
	w := newRust(t)
	var anybody address.Address
	blob := enc(w.user, anybody, uint64(1))
	w.must("proxy", proxy(w.token, "spawn", blob, 0))
	token := address.OfSpawn(w.token, blob)
	h, ok := w.st.Header(token)
	require.True(t, ok)
	require.Equal(t, state.Live, h.Status)

	s := w.must("proxy", proxy(token, "mint", enc(w.user, uint64(1_000)), 0))
	require.Len(t, s.Events(), 1)
	require.Equal(t, token, s.Events()[0].Account)
	s = w.must("proxy", proxy(token, "transfer", enc(w.b, uint64(300)), 0))
	require.Len(t, s.Events(), 1)
	t.Logf("transfer used %v", s.Used())
	require.Equal(t, u64(700), w.view(token, "balance_of", enc(w.user)))
	require.Equal(t, u64(300), w.view(token, "balance_of", enc(w.b)))
	require.Equal(t, u64(1_000), w.view(token, "total_supply", nil))

	w.st.BeginTx(nil)
	before := w.digest()
	r, s := w.calls("proxy", proxy(token, "transfer", enc(w.b, uint64(701)), 0))
	require.Equal(t, trap.Panic, r.Trap)
	require.Contains(t, string(r.Message), "insufficient") // cut to the limit of these tests
	require.Empty(t, s.Events())
	w.st.BeginTx(nil)
	require.Equal(t, before, w.digest())

	// Somebody else may not mint.
	code, _ := w.tried(token, payload("mint", enc(w.a, uint64(1))), 0)
	require.Equal(t, trap.Panic, code)
}

func TestWalletDeploys(t *testing.T) {
	t.Parallel()
	w := newRust(t)
	s := w.must("deploy", enc(tiny.elf))
	code, ok := w.st.Code(address.OfTemplate(address.CodeHash(tiny.elf)), nil)
	require.True(t, ok)
	require.Equal(t, tiny.elf, code)
	require.Greater(t, s.Used()[metering.Alloc], uint64(len(tiny.elf)))
	r, _ := w.calls("deploy", enc([]byte("no program")))
	require.Equal(t, trap.CodeInvalid, r.Trap)
}

func TestCounterPokes(t *testing.T) {
	t.Parallel()
	w := newRust(t)
	first, full := enc(uint64(5)), enc(^uint64(0))
	w.must("proxy", proxy(w.counter, "spawn", first, 0))
	w.must("proxy", proxy(w.counter, "spawn", full, 0))
	a, b := address.OfSpawn(w.counter, first), address.OfSpawn(w.counter, full)
	w.must("proxy", proxy(a, "increment", enc(uint64(2)), 0))
	require.Equal(t, u64(7), w.view(a, "get", nil))
	w.must("proxy", proxy(b, "poke", enc(a), 0))
	require.Equal(t, u64(8), w.view(a, "get", nil))
	s := w.must("proxy", proxy(a, "poke", enc(b), 0)) // b overflows; the poke lives on
	require.Empty(t, s.Events())
	w.must("proxy", proxy(a, "set_note", enc([]byte("hello")), 0))
	require.Equal(t, append([]byte{1}, enc([]byte("hello"))...), w.view(a, "note", nil))
	w.must("proxy", proxy(a, "delete_note", nil, 0))
	require.Equal(t, []byte{0}, w.view(a, "note", nil))
}

// TestHostile enters every way to misbehave: each ends with its trap, within the gas, and leaves
// nothing behind.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method string
		args   []byte
		want   trap.Code
	}{
		{"loop_forever", nil, trap.OutOfGas},
		{"recurse", nil, trap.CallDepth},
		{"grow_forever", nil, trap.None},
		{"garbage_return", nil, trap.ReturnDataLimit},
		{"bad_pointer", nil, trap.BadHostArgument},
		{"wrapping_pointer", nil, trap.BadHostArgument},
		{"stack_overflow", nil, trap.StoreFault},
		{"panic_message", enc([]byte("no")), trap.Panic},
		{"revert_data", enc([]byte("no")), trap.Revert},
		{"unknown_call", nil, trap.UnknownHostCall},
		{"storage_spam", nil, trap.OutOfWitness},
		{"event_spam", nil, trap.OutOfWitness},
	} {
		t.Run(tc.method, func(t *testing.T) {
			t.Parallel()
			w := newRust(t)
			w.must("proxy", proxy(w.hostile, "spawn", nil, 0))
			a := address.OfSpawn(w.hostile, nil)
			w.st.BeginTx(nil)
			before := w.digest()
			r, s := w.calls("proxy", proxy(a, tc.method, tc.args, 0))
			require.Equal(t, tc.want, r.Trap, "%s", r.Message)
			require.True(t, s.Used().Fits(plenty), "%v", s.Used())
			require.Empty(t, s.Events())
			w.st.BeginTx(nil)
			require.Equal(t, before, w.digest())
		})
	}
}
