package runner

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/interpreter/trace"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/trap"
)

const (
	anybody    = "0x000000000000000000000000000000000000000000000000"
	spawnToken = "spawn(caller, " + anybody + ", 7)"
)

func assemble(t testing.TB, src string) []byte {
	t.Helper()
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	return o.ELF(asm.ELFOptions{Symbols: true})
}

func token(call string) Config {
	return Config{Name: "token.elf", File: fixtures.Token(), Spawn: spawnToken, Call: call}
}

// echo writes its input to fd 3 and a greeting to fd 1.
const echo = `
_start:
	li t0, 0xf0
	ecall
	mv s0, t0
	la a0, buffer
	mv a1, s0
	li t0, 0xf1
	ecall
	li a0, 3
	la a1, buffer
	mv a2, s0
	li t0, 2
	ecall
	li a0, 1
	la a1, hello
	li a2, 2
	ecall
	li a0, 0
	li t0, 0
	ecall
.rodata
hello: .ascii "hi"
.bss
buffer: .zero 64
`

func TestEntry(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{File: assemble(t, echo), Input: []byte("athena")})
	require.NoError(t, err)
	require.Equal(t, trap.None, r.Trap)
	require.Equal(t, "athena", string(r.Output))
	require.Equal(t, "hi", string(r.Log))
	require.Equal(t, uint32(6), r.Registers[8])
	require.True(t, r.Entered)
}

// A limit of N is exactly N: with what the program used it succeeds, with one less it does not, and
// below that it stops where and with what the machine alone would.
func TestGasOfTheEntryIsExact(t *testing.T) {
	t.Parallel()
	file := assemble(t, "_start: li a0, 3\nl: addi a0, a0, -1\nbnez a0, l\nret")
	c := &metering.V1().Instruction
	alu, branch, indirect := c[metering.ClassALU], c[metering.ClassBranch], c[metering.ClassIndirect]
	enough := uint64(4*alu + 3*branch + indirect)
	for gas := uint64(0); gas < enough+6; gas++ {
		r, err := Run(t.Context(), Config{File: file, Gas: new(gas)})
		require.NoError(t, err)
		if gas >= enough {
			require.Equal(t, trap.None, r.Trap)
			require.Equal(t, enough, r.GasUsed)
			require.Equal(t, uint64(8), r.Instructions)
			continue
		}
		require.Equal(t, trap.OutOfGas, r.Trap)
		require.Equal(t, gas, r.GasUsed)
	}
}

func TestCallTree(t *testing.T) {
	t.Parallel()
	c := token("mint(bob, 5)")
	c.Tree = Calls
	r, err := Run(t.Context(), c)
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, r.Tree.Write(&b, 0))
	lines := strings.Split(b.String(), "\n")
	require.Contains(t, lines[0], "token::mint(bob, 5)")
	require.Contains(t, b.String(), "storage.set balances/bob ← 5\n")
	require.Contains(t, b.String(), "emit Mint(bob, 5)\n └─ return ok\n")
	require.NotContains(t, b.String(), "sha256")
	c.Tree = HostCalls
	r, err = Run(t.Context(), c)
	require.NoError(t, err)
	b.Reset()
	require.NoError(t, r.Tree.Write(&b, 0))
	require.Contains(t, b.String(), "sha256(")
}

// A nested call is a frame within a frame; a failure that is caught is no fault of the run.
func TestNestedCall(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{Name: "counter", File: fixtures.Counter(), Spawn: "spawn(41)",
		Call: "poke(self)", Tree: Calls, Engine: Both})
	require.NoError(t, err)
	require.Equal(t, "Counted(42)", r.Value)
	require.Contains(t, text(t, r), "counter::increment(1)\n │   ├─ ")
	r, err = Run(t.Context(), Config{Name: "counter", File: fixtures.Counter(),
		Spawn: "spawn(18446744073709551615)", Call: "poke(self)", Tree: Calls})
	require.NoError(t, err)
	require.Nil(t, r.Fault)
	require.Contains(t, r.Value, "Failed{code: 17, ")
	require.Contains(t, text(t, r), "└─ panic \"counter overflow")
}

func text(t *testing.T, r *Result) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, r.Tree.Write(&b, 0))
	return b.String()
}

// Whoever watches changes nothing: with any engine and any observer the results are those of a
// session without a tracer.
func TestWatchingChangesNothing(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"mint(bob, 5)", "transfer(bob, 5)", "balance_of(caller)"} {
		want := unwatched(t, token(call))
		for name, change := range map[string]func(*Config){
			"plain": func(*Config) {}, "tree": func(c *Config) { c.Tree = HostCalls },
			"stepper": func(c *Config) { c.Engine = Stepper },
			"both":    func(c *Config) { c.Engine = Both },
			"steps":   func(c *Config) { c.Steps = &bytes.Buffer{} },
			"profile": func(c *Config) { c.Profile = trace.NewProfile() },
			"drive": func(c *Config) {
				c.Drive = func(
					ctx context.Context, f *host.Frame,
				) (interpreter.Stop, uint64, error) {
					stop, err := f.Machine.RunContext(ctx)
					return stop, 0, err
				}
			},
		} {
			c := token(call)
			change(&c)
			r, err := Run(t.Context(), c)
			require.NoError(t, err, name)
			require.Equal(t, want.Trap, r.Trap, name)
			require.Equal(t, want.GasUsed, r.GasUsed, name)
			require.Equal(t, string(want.Message), r.Message, name)
			if r.Trap == trap.None {
				require.Equal(t, want.Return, r.Output, name)
			}
		}
	}
}

// unwatched runs a call without a tracer.
func unwatched(t *testing.T, c Config) host.Result {
	t.Helper()
	require.NoError(t, c.validate())
	w, err := newWorld(&c)
	require.NoError(t, err)
	i, err := w.prepare(t.Context())
	require.NoError(t, err)
	s := w.session(w.watch(t.Context(), plain{}), 100_000_000)
	s.SetTracer(nil)
	return s.Invoke(i)
}

// The whole of a profile is the gas of the run.
func TestProfileIsTheGas(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{
		token("mint(bob, 5)"), {File: assemble(t, echo), Input: []byte{1}},
		{Name: "counter", File: fixtures.Counter(), Spawn: "spawn(41)", Call: "poke(self)"},
	} {
		c.Profile = trace.NewProfile()
		r, err := Run(t.Context(), c)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, c.Profile.Write(&b))
		p, err := profile.Parse(&b)
		require.NoError(t, err)
		var gas, instructions int64
		for _, s := range p.Sample {
			gas += s.Value[0]
			instructions += s.Value[1]
		}
		require.Equal(t, int64(r.GasUsed), gas)
		require.Equal(t, int64(r.Instructions), instructions)
	}
}

// A twin that goes another way is found out.
func TestDifference(t *testing.T) {
	t.Parallel()
	c := Config{File: assemble(t, echo), Engine: Both}
	require.NoError(t, c.validate())
	w, err := newWorld(&c)
	require.NoError(t, err)
	i, err := w.prepare(t.Context())
	require.NoError(t, err)
	watch := w.watch(t.Context(), nil)
	costs := w.schedule.Instruction
	costs[0]++ // the twin's prices
	watch.driver = &twin{costs: &costs}
	w.session(watch, 1<<40).Invoke(i)
	require.ErrorIs(t, watch.err, ErrDiffer)
	require.ErrorContains(t, watch.err, ": gas: ")
}

// TestOutOfGasSaysHowFar: also where another machine than the one explained ran, and after a host
// call, where the stepper's run begins anew.
func TestOutOfGasSaysHowFar(t *testing.T) {
	t.Parallel()
	gas := uint64(1000)
	source := "_start:\nli t0, 0xF0\necall\nloop: addi a0, a0, 1\nj loop"
	costs := metering.V1()
	left := gas - costs.Host.Base -
		uint64(costs.Instruction[metering.ClassALU]+costs.Instruction[metering.ClassECALL])
	count := 2
	for classes := []metering.Class{metering.ClassALU, metering.ClassJump}; ; count++ {
		cost := uint64(costs.Instruction[classes[count%2]])
		if left < cost {
			break
		}
		left -= cost
	}
	want := fmt.Sprintf("it ran %d instructions", count)
	for _, engine := range []Engine{Interpreter, Stepper, Both} {
		r, err := Run(t.Context(), Config{File: assemble(t, source), Gas: &gas, Engine: engine})
		require.NoError(t, err)
		require.Equal(t, trap.OutOfGas, r.Trap)
		require.Equal(t, want, r.Fault.Why, engine)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, engine := range []Engine{Interpreter, Stepper, Both} {
		_, err := Run(ctx, Config{File: assemble(t, "_start: j _start"), Engine: engine})
		require.ErrorIs(t, err, context.Canceled, engine)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	bare := assemble(t, "f: ret\n.export f")
	for want, c := range map[string]Config{
		"no entry; call one of its methods: f": {File: bare},
		`engine "x": want interpreter`:         {File: bare, Call: "f", Engine: "x"},
		"a call takes its input":               {File: bare, Call: "f", Input: []byte{1}},
		"only a call has a spawned account":    {File: bare, Spawn: "f"},
		"need engine interpreter":              {File: bare, Call: "f", Engine: Both, Steps: &bytes.Buffer{}},
		`no method "g"; there are: f`:          {File: bare, Call: "g"},
		"closing parenthesis":                  {File: bare, Call: "f("},
		"transfer takes transfer(to: Address":  token("transfer(5)"),
		"add --spawn 'spawn(owner: Address, ":  {Name: "t", File: fixtures.Token(), Call: "total_supply"},
		"no account is spawned for it":         {File: fixtures.Token(), Call: spawnToken, Spawn: "spawn"},
	} {
		_, err := Run(t.Context(), c)
		require.ErrorIs(t, err, ErrConfig, want)
		require.ErrorContains(t, err, want)
		require.Error(t, Check(t.Context(), c))
	}
	_, err := Run(t.Context(), Config{Name: "x.elf", File: []byte("no program")})
	require.ErrorContains(t, err, "x.elf: elf: ")
	c := token("total_supply")
	c.Spawn = "spawn(caller)"
	_, err = Run(t.Context(), c)
	require.ErrorIs(t, err, ErrConfig)
	_, err = Run(t.Context(), Config{File: assemble(t, "spawn: lw a0, 0(zero)\nf: ret\n.export f\n.export spawn"),
		Spawn: "spawn", Call: "f"})
	require.ErrorContains(t, err, "spawn ended with LoadFault")
	_, err = Run(t.Context(), Config{File: assemble(t, "spawn: ret\nf: ret\n.export f\n.export spawn"),
		Spawn: "spawn", Call: "f"})
	require.ErrorContains(t, err, "spawned no account")
}

func TestFault(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{Name: "dir/bad.elf", Call: "f",
		File: assemble(t, "f: lw a0, 0(zero)\n.export f")})
	require.NoError(t, err)
	require.Equal(t, trap.LoadFault, r.Trap)
	require.Contains(t, r.Fault.String(), "in bad::f, f (pc 0x00200800: lw a0, 0(zero))")
	r, err = Run(t.Context(), token("transfer(bob, 5)"))
	require.NoError(t, err)
	require.Equal(t, trap.Panic, r.Trap)
	require.Contains(t, r.Message, "insufficient balance: have 0, need 5")
}

func TestStrip(t *testing.T) {
	t.Parallel()
	debug, err := os.ReadFile("../../interpreter/trace/testdata/inline.elf")
	require.NoError(t, err)
	for _, file := range [][]byte{debug, fixtures.Token(), assemble(t, echo)} {
		stripped, err := Strip(file)
		require.NoError(t, err)
		want, err := Load("a", file)
		require.NoError(t, err)
		got, err := Load("a", stripped)
		require.NoError(t, err)
		wantText, gotText := codeOf(want), codeOf(got)
		require.Equal(t, wantText, gotText)
		require.Equal(t, want.Exports, got.Exports)
		require.Equal(t, want.StackTop, got.StackTop)
		require.Equal(t, want.ABI, got.ABI)
		f, err := elf.NewFile(bytes.NewReader(stripped))
		require.NoError(t, err)
		require.Nil(t, f.Section(".symtab"))
	}
	_, err = Strip([]byte("no program"))
	require.Error(t, err)
}

func codeOf(p *Program) string {
	var b strings.Builder
	for _, s := range p.Segments {
		fmt.Fprintf(&b, "%x %x %t %t %x\n", s.Addr, s.Size, s.Writable, s.Executable, s.Data)
	}
	return b.String()
}

// A file that is only too long for its symbols runs all the same.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	file := assemble(t, echo)
	large := append(bytes.Clone(file), make([]byte, 300<<10)...)
	r, err := Run(t.Context(), Config{File: large, Input: []byte{7}})
	require.NoError(t, err)
	require.True(t, r.Stripped)
	require.Equal(t, []byte{7}, r.Output)
}

func TestAmountAndPrincipal(t *testing.T) {
	t.Parallel()
	file := assemble(t, `
f:
	la a0, context
	li t0, 0xa6
	ecall
	li a0, 3
	la a1, context
	li a2, 8
	li t0, 2
	ecall
	ret
verify: ret
.export_principal f
.export verify
.bss
context: .zero 80
`)
	r, err := Run(t.Context(), Config{File: file, Call: "f", Amount: 0x102, Principal: true})
	require.NoError(t, err)
	require.Equal(t, []byte{2, 1, 0, 0, 0, 0, 0, 0}, r.Output)
	r, err = Run(t.Context(), Config{File: file, Call: "f"})
	require.NoError(t, err)
	require.Equal(t, trap.NotPrincipal, r.Trap)
	require.False(t, r.Entered)
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := newNames("token")
	bob := n.known["bob"].String()
	require.Equal(t, `bob(`+bob+`, "bob \" bob", bobby, 5u8)`, n.resolve(`bob(bob, "bob \" bob", bobby, 5u8)`))
	require.Equal(t, "bob", n.show(n.known["bob"]))
}

// FuzzStrip: any file is stripped or refused, and what is stripped stays the same program.
func FuzzStrip(f *testing.F) {
	f.Add(fixtures.Counter())
	f.Add([]byte("\x7fELF"))
	f.Fuzz(func(t *testing.T, file []byte) {
		stripped, err := Strip(file)
		if err != nil {
			return
		}
		a, err := Load("a", file)
		if err != nil {
			return
		}
		b, err := Load("a", stripped)
		require.NoError(t, err)
		require.Equal(t, codeOf(a), codeOf(b))
	})
}
