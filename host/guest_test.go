package host

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// memBytes is the size of the script guest's memory that a test sees.
const memBytes = 8192

// scriptSource is a guest that makes the host calls that its input lists. Input: u32 n, n bytes for
// mem, then commands of 28 bytes: t0, a0..a5. It returns mem and then t0 after each command; it
// stops with Breakpoint if a call changed an argument register.
const scriptSource = `
.export go
.export go, spawn
.export check, verify
.export_principal go, secret
_start:
	li sp, 0x200400
	j go
check:  # skip the one-byte length of an empty message
	la a0, regs
	li a1, 1
	li t0, 0xF1
	ecall
go:
	la a0, regs
	li a1, 4
	li t0, 0xF1
	ecall
	la a0, mem
	la s0, regs
	lw a1, 0(s0)
	ecall
	la s1, results
loop:
	li t0, 0xF0
	ecall
	beqz t0, done
	la a0, regs
	li a1, 28
	li t0, 0xF1
	ecall
	lw t0, 0(s0)
	lw a0, 4(s0)
	lw a1, 8(s0)
	lw a2, 12(s0)
	lw a3, 16(s0)
	lw a4, 20(s0)
	lw a5, 24(s0)
	ecall
	sw t0, 0(s1)
	addi s1, s1, 4
	lw t1, 4(s0)
	bne t1, a0, bad
	lw t1, 8(s0)
	bne t1, a1, bad
	lw t1, 12(s0)
	bne t1, a2, bad
	lw t1, 16(s0)
	bne t1, a3, bad
	lw t1, 20(s0)
	bne t1, a4, bad
	lw t1, 24(s0)
	bne t1, a5, bad
	j loop
done:
	li a0, 3
	la a1, mem
	sub a2, s1, a1
	li t0, 2
	ecall
	ret
bad:
	ebreak
spin_entry: j .
.export spin_entry, spin
.data
regs: .zero 28
mem: .zero 8192
results: .zero 256
`

// script is the script guest with its exports guarded by a verify, and open with none.
var script, openScript = assemble(scriptSource),
	assemble(strings.Replace(scriptSource, ".export check, verify", "", 1))

type guest struct {
	elf []byte
	mem uint32
}

func assemble(source string) guest {
	o, err := asm.Assemble(source, asm.DefaultBase)
	if err != nil {
		panic(err)
	}
	mem, _ := o.Symbol("mem")
	return guest{o.ELF(asm.ELFOptions{}), mem}
}

// cmd is one host call of a script.
type cmd [7]uint32

// input encodes a script: the first bytes of mem, and what to call.
func input(mem []byte, cmds ...cmd) []byte {
	e := scale.Encoder{}
	e.U32(uint32(len(mem)))
	e.Raw(mem)
	for _, c := range cmds {
		for _, v := range c {
			e.U32(v)
		}
	}
	return e.B
}

// payload encodes a call's payload.
func payload(method string, input []byte) []byte {
	e := scale.Encoder{}
	if e.Bool(method != ""); method != "" {
		s := Selector(method)
		e.Raw(s[:])
	}
	e.Bytes(input)
	return e.B
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func u64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func testLimits() Limits {
	return Limits{
		CallDepth: 64, MemoryPages: 4096, TxMemoryPages: 16384, InputBytes: 512 << 10,
		ReturnBytes: 64 << 10, LogBytes: 1000, EventBytes: 1000, Events: 5, Withdrawals: 3, MessageBytes: 20,
		CodeBytes: 256 << 10, SlotValueBytes: 4096, BlobBytes: 4096, VerifyKeys: 8,
		TxKeys: 512, TxValueBytes: 1 << 20, TxCodeBytes: 512 << 10,
		Verify: metering.Units{metering.Compute: 2_000_000, metering.Read: 320 << 10},
	}
}

var plenty = metering.Units{0, 50_000_000, 2 << 20, 1 << 20, 1 << 20}

var testContext = Context{
	Height: 7, Time: 8, Beacon: [32]byte{9}, ParentHash: [32]byte{10}, ChainID: [32]byte{11},
	Prices: metering.Units{1, 2, 3, 4, 5},
}

// memory is a Backend.
type memory map[state.Key][]byte

func (m memory) Get(k state.Key) ([]byte, bool, error) {
	v, ok := m[k]
	return v, ok, nil
}

// world is a state with accounts a and b of the guarded script, o of the open one, and their
// templates.
type world struct {
	t              testing.TB
	x              *Executor
	st             *state.State
	a, b, o        address.Address
	guarded, open_ address.Address
}

var sharedCache = NewCodeCache(DefaultCacheBytes)

// genesis is the state that all worlds start from: built once, never changed.
var genesis = sync.OnceValue(func() memory {
	m := memory{}
	w := &world{st: state.New(m)}
	w.guarded, w.open_ = w.st.PutTemplate(script.elf), w.st.PutTemplate(openScript.elf)
	w.name()
	for i, a := range []address.Address{w.a, w.b, w.o} {
		w.st.Spawn(a, []address.Address{w.guarded, w.guarded, w.open_}[i], nil)
		w.st.Credit(a, uint64(i+1)*100)
	}
	for _, c := range w.st.Changes() {
		m[c.Key] = c.Value
	}
	return m
})

// name sets the addresses of the accounts: of their own, so that they can be told apart.
func (w *world) name() {
	w.a = address.OfSpawn(w.guarded, u64(1))
	w.b = address.OfSpawn(w.guarded, u64(2))
	w.o = address.OfSpawn(w.open_, u64(3))
}

func newWorld(t testing.TB) *world { return newWorldWith(t, testLimits()) }

func newWorldWith(t testing.TB, limits Limits) *world {
	w := &world{t: t, x: NewExecutor(metering.V1(), limits, sharedCache), st: state.New(genesis())}
	w.guarded = address.OfTemplate(address.CodeHash(script.elf))
	w.open_ = address.OfTemplate(address.CodeHash(openScript.elf))
	w.name()
	return w
}

func (w *world) deploy(g guest) address.Address {
	require.NoError(w.t, w.x.CheckCode(g.elf))
	return w.st.PutTemplate(g.elf)
}

func (w *world) begin() *Session { return w.x.Begin(w.st, testContext, w.a, plenty) }

// run makes the calls from account a in a transaction of its own.
func (w *world) run(mem []byte, cmds ...cmd) Result {
	return w.begin().Call(w.a, Selector("go"), input(mem, cmds...))
}

// good is run for a script that must succeed; it returns mem and the values of t0.
func (w *world) good(mem []byte, cmds ...cmd) ([]byte, []uint32) {
	r := w.run(mem, cmds...)
	require.Equal(w.t, trap.None, r.Trap, "%s", r.Message)
	return output(w.t, r.Return)
}

func output(t testing.TB, b []byte) (mem []byte, t0 []uint32) {
	require.GreaterOrEqual(t, len(b), memBytes)
	for rest := b[memBytes:]; len(rest) > 0; rest = rest[4:] {
		t0 = append(t0, binary.LittleEndian.Uint32(rest))
	}
	return b[:memBytes], t0
}

func (w *world) balance(a address.Address) uint64 {
	h, _ := w.st.Header(a)
	return h.Balance
}

// money is the sum of all balances.
func (w *world) money() (sum uint64) {
	sum = w.balance(w.a) + w.balance(w.b) + w.balance(w.o)
	for _, c := range w.st.Changes() {
		if len(c.Value) < 26 || c.Value[0] != byte(state.KindHeader) {
			continue
		}
		if a := address.Address(c.Value[1:25]); a != w.a && a != w.b && a != w.o {
			sum += w.balance(a)
		}
	}
	return sum
}

// digest is everything that changed in state, for comparing.
func (w *world) digest() string {
	h := sha256.New()
	for _, c := range w.st.Changes() {
		fmt.Fprintf(h, "%x %x %v\n", c.Key, c.Value, c.Delete)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sharedProgram(g guest) *program {
	x := NewExecutor(metering.V1(), testLimits(), sharedCache)
	return x.cache.load(address.CodeHash(g.elf), x.elf, x.schedule,
		func([]byte) ([]byte, bool) { return g.elf, true })
}
