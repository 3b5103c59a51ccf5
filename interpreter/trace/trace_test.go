package trace

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/trap"
)

// program is a program under test, with a frame of it.
type program struct {
	*elf.Program
	file    []byte
	code    *interpreter.Code
	symbols *Symbols
}

// testCosts are no schedule's, so that texts with gas in them do not change with the prices.
var testCosts = metering.InstructionCosts{
	metering.ClassALU: 4, metering.ClassMul: 4, metering.ClassDiv: 5, metering.ClassLoad: 80,
	metering.ClassStore: 40, metering.ClassBranch: 5, metering.ClassJump: 4,
	metering.ClassIndirect: 5, metering.ClassECALL: 16, metering.ClassIllegal: 4,
}

func load(t testing.TB, file []byte) *program {
	t.Helper()
	p, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	return &program{p, file, interpreter.Predecode(p, &testCosts), NewSymbols(file).Complete(p)}
}

func assemble(t testing.TB, src string) *program {
	t.Helper()
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	return load(t, o.ELF(asm.ELFOptions{Symbols: true}))
}

func (p *program) start(gas uint64) *interpreter.Machine {
	m := interpreter.NewMachine(p.code)
	m.Start(p.Entry, gas)
	return m
}

const recursive = `
_start:
	addi sp, sp, -16
	sw ra, 0(sp)
	li a0, 8
	call fib
	lw ra, 0(sp)
	addi sp, sp, 16
	ret
fib:
	li t1, 2
	bltu a0, t1, .Lend
	addi sp, sp, -16
	sw ra, 0(sp)
	sw a0, 4(sp)
	addi a0, a0, -1
	call fib
	sw a0, 8(sp)
	lw a0, 4(sp)
	addi a0, a0, -2
	call fib
	lw a1, 8(sp)
	add a0, a0, a1
	lw ra, 0(sp)
	addi sp, sp, 16
.Lend:
	ret
`

func TestStepIsRun(t *testing.T) {
	t.Parallel()
	p := assemble(t, recursive)
	text := NewText(p.Program)
	for gas := uint64(0); gas < 1200; gas += 7 {
		a, b := p.start(gas), p.start(gas)
		stop := a.Run()
		stepped, err := Step(t.Context(), b, text)
		require.NoError(t, err)
		require.Equal(t, stop, stepped)
		require.Equal(t, a.PC(), b.PC())
		require.Equal(t, a.Gas(), b.Gas())
		require.Equal(t, a.Instructions(), b.Instructions())
		require.Equal(t, a.Digest(), b.Digest())
		a.Release()
		b.Release()
	}
}

func TestStepStopsWithItsContext(t *testing.T) {
	t.Parallel()
	p := assemble(t, "_start: j _start")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Step(ctx, p.start(1<<40), NewText(p.Program))
	require.ErrorIs(t, err, context.Canceled)
}

func TestProfileAddsUp(t *testing.T) {
	t.Parallel()
	p := assemble(t, recursive)
	m := p.start(100_000)
	pr := NewProfile()
	pr.Charge(7)
	pr.Enter(nil, p.Program, "fib", p.symbols)
	stop, err := Step(t.Context(), m, NewText(p.Program), pr)
	require.NoError(t, err)
	require.Equal(t, interpreter.Returned, stop.Kind)
	require.Equal(t, uint32(21), m.Reg(10))
	pr.Exit()

	var b bytes.Buffer
	require.NoError(t, pr.Write(&b))
	read, err := profile.Parse(&b)
	require.NoError(t, err)
	var gas, instructions int64
	deepest, leaves := 0, map[string]int64{}
	for _, s := range read.Sample {
		gas += s.Value[0]
		instructions += s.Value[1]
		deepest = max(deepest, len(s.Location))
		leaves[s.Location[0].Line[0].Function.Name] += s.Value[1]
	}
	require.Equal(t, int64(100_000-m.Gas()+7), gas)
	require.Equal(t, int64(m.Instructions()), instructions)
	require.Equal(t, map[string]int64{"_start": 7, "fib": instructions - 7, "host.enter": 0}, leaves)
	require.Equal(t, 4, deepest, "recursion is folded: _start, and fib from each of its sites")
}

func TestSteps(t *testing.T) {
	t.Parallel()
	p := assemble(t, "_start: li a0, 7\nf: sw a0, 0(zero)\n")
	var b strings.Builder
	w := NewStepWriter(&b)
	w.Enter(p.symbols)
	stop, err := Step(t.Context(), p.start(100), NewText(p.Program), w)
	require.NoError(t, err)
	require.Equal(t, trap.StoreFault, stop.Trap)
	w.Exit()
	require.NoError(t, w.Flush())
	require.Equal(t, `{"depth":1,"pc":"0x200800","op":"addi a0, zero, 7","gas":4,"left":96,`+
		`"at":"_start","set":{"a0":"0x7"}}`+"\n"+
		`{"depth":1,"pc":"0x200804","op":"sw a0, 0(zero)","gas":40,"left":56,"at":"f","set":{}}`+"\n",
		b.String())
}

func inline(t testing.TB) *program {
	t.Helper()
	file, err := os.ReadFile("testdata/inline.elf")
	require.NoError(t, err)
	return load(t, file)
}

func TestDebugInformation(t *testing.T) {
	t.Parallel()
	p := inline(t)
	peek, ok := p.symbols.Named("peek")
	require.True(t, ok)
	require.Equal(t, "peek, inline.c:22", p.symbols.Locate(peek.Addr).String())
	mix, ok := p.symbols.Named("mix")
	require.True(t, ok)
	require.Equal(t, []Frame{{"twice", "inline.c", 10}, {"mix", "inline.c", 16}},
		p.symbols.Frames(mix.Addr+0xc), "the multiplication was inlined")
	require.Equal(t, []Frame{{"mix", "inline.c", 18}}, p.symbols.Frames(mix.Addr+0x20))
	require.Empty(t, p.symbols.Frames(0x1000))
}

func TestDemangle(t *testing.T) {
	t.Parallel()
	require.Equal(t, "core::fmt::write", Demangle("_ZN4core3fmt5write17h0123456789abcdefE"))
	require.Equal(t, "token::shift", Demangle("_RNvCs1234_5token5shift"))
	require.Equal(t, "_start", Demangle("_start"))
}

func TestStrippedFunctionsAreFound(t *testing.T) {
	t.Parallel()
	o, err := asm.Assemble("_start: call f\nret\nf: ret\ng: ret\n.export g", asm.DefaultBase)
	require.NoError(t, err)
	p := load(t, o.ELF(asm.ELFOptions{}))
	var names []string
	for _, f := range p.symbols.Functions() {
		names = append(names, f.Name)
	}
	require.Equal(t, []string{"_start", "fn_200808", "g"}, names)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		gas  uint64
		want []string
	}{
		{"_start: li a5, 16\nlw a0, -12(a5)", 100, []string{
			"trap: load outside memory (LoadFault, code 6)",
			"in _start+0x4 (pc 0x00200804: lw a0, -12(a5))",
			"a5 = 0x00000010, address 0x00000004; mapped memory is 0x001f0400–0x002003ff, 0x00200800–0x0",
		}},
		{"_start: la a5, _start\nsb a0, 0(a5)", 100, []string{
			"(pc 0x00200808: sb a0, 0(a5))", "a5 = 0x00200800; writable memory is 0x001f0400–0x002003ff",
		}},
		{"_start: addi sp, sp, -2048\nsw a0, 0(sp)\nj _start", 100_000, []string{
			"sp = 0x001efc00", "; the stack of 65536 bytes overflowed",
		}},
		{"_start: li a0, 2\njr a0", 100, []string{
			"jump to a misaligned address", "a0 = 0x00000002: the target is not a multiple of 4",
		}},
		{"_start: li a0, 0x1000\njr a0", 100, []string{
			"in no function (pc 0x00001000)", "nothing to execute at pc; code is 0x00200800–0x00200807",
		}},
		{"_start: call f\nf: li a0, 8\njalr ra, 0(a0)", 100, []string{
			"ra = 0x0020080c, after a call in f+0x4",
		}},
		{"_start: .word 0", 100, []string{"illegal instruction", ": .word 0x00000000)"}},
		{"_start: j _start", 100, []string{"out of gas", "it ran 25 instructions"}},
		{"_start: ebreak", 100, []string{"EBREAK executed", ": ebreak)"}},
	} {
		p := assemble(t, c.src)
		m := p.start(c.gas)
		stop := m.Run()
		require.Equal(t, interpreter.Trapped, stop.Kind, c.src)
		text := Explain(m, p.code, p.symbols, m.Instructions(), stop.Trap, nil).String()
		for _, want := range c.want {
			require.Contains(t, text, want, c.src)
		}
		m.Release()
	}
}

func TestExplainHostCall(t *testing.T) {
	t.Parallel()
	p := assemble(t, "_start: li t0, 2\nli a0, 9\nf: ecall")
	m := p.start(100)
	require.Equal(t, interpreter.HostCall, m.Run().Kind)
	write := &HostCall{"write", []string{"fd", "ptr", "len"}}
	f := Explain(m, p.code, p.symbols, 0, trap.BadHostArgument, write)
	f.Frame = "token::mint"
	require.Equal(t, `trap: bad argument of a host call (BadHostArgument, code 13)
  in token::mint, f (pc 0x00200808: ecall)
  host call write: fd = 0x00000009, ptr = 0x00000000, len = 0x00000000; `+
		`mapped memory is 0x001f0400–0x002003ff, 0x00200800–0x00240fff`, f.String())
	require.Equal(t, "host call 0x77",
		Explain(m, p.code, p.symbols, 0, trap.UnknownHostCall, &HostCall{Name: "0x77"}).Why)
	require.Empty(t, Explain(m, p.code, p.symbols, 0, trap.Revert, &HostCall{Name: "revert"}).Why)
}

func TestExplainInlined(t *testing.T) {
	t.Parallel()
	p := inline(t)
	mix, ok := p.symbols.Named("mix")
	require.True(t, ok)
	m := interpreter.NewMachine(p.code)
	m.Start(mix.Addr+0xc, 0)
	require.Equal(t, trap.OutOfGas, m.Run().Trap)
	f := Explain(m, p.code, p.symbols, 0, trap.OutOfGas, nil)
	require.Contains(t, f.String(), "in mix+0xc, inline.c:10, inlined at inline.c:16 (pc 0x")
}

func TestList(t *testing.T) {
	t.Parallel()
	p := assemble(t, "_start: call f\nret\n.zero 32\nf: beqz a0, _start\nret")
	var b strings.Builder
	require.NoError(t, List(&b, p.Program, p.symbols, 0, 1<<31))
	require.Equal(t, `
00200800 <_start>:
  00200800:  028000ef  jal ra, 0x200828 <f>
  00200804:  00008067  jalr zero, 0(ra)
  00200808:  00000000  .word 0x00000000
  0020080c:  00000000  .word 0x00000000
  00200810:  00000000  .word 0x00000000
  00200814:  00000000  .word 0x00000000
  ...

00200828 <f>:
  00200828:  fc050ce3  beq a0, zero, 0x200800 <_start>
  0020082c:  00008067  jalr zero, 0(ra)
`, b.String())
	b.Reset()
	q := inline(t)
	require.NoError(t, List(&b, q.Program, q.symbols, 0, 1<<31))
	require.True(t, strings.HasPrefix(b.String(), "\n00010000 <mix>:\n"), "the file header is left out")
	require.Contains(t, b.String(), "jalr ra, -32(ra) <peek>\n")
}

func TestTree(t *testing.T) {
	t.Parallel()
	c := &Call{Gas: 18402, Text: "token::transfer(bob, 500)", End: "return ok", Calls: []*Call{
		{Gas: 2100, Text: "storage.get a → 1"},
		{Gas: 900, Text: "b::f()", End: "return 1", Calls: []*Call{{Gas: 1, Text: "x"}}},
	}, Cut: 3}
	for depth, want := range map[int]string{
		0: "[18,402] token::transfer(bob, 500)\n ├─ [2,100] storage.get a → 1\n ├─ [900] b::f()\n" +
			" │   ├─ [1] x\n │   └─ return 1\n ├─ … 3 more\n └─ return ok\n",
		1: "[18,402] token::transfer(bob, 500)\n ├─ [2,100] storage.get a → 1\n ├─ [900] b::f()\n" +
			" │   └─ … 1 below\n ├─ … 3 more\n └─ return ok\n",
	} {
		var b strings.Builder
		require.NoError(t, c.Write(&b, depth))
		require.Equal(t, want, b.String())
	}
	require.Equal(t, "0 999 1,000 1,234,567", strings.Join([]string{
		Thousands(0), Thousands(999), Thousands(1000), Thousands(1234567),
	}, " "))
}

// FuzzSymbols: any file gives symbols, and asking them for anything is safe.
func FuzzSymbols(f *testing.F) {
	f.Add(inline(f).file)
	f.Add(assemble(f, recursive).file)
	f.Add([]byte("\x7fELF"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s := NewSymbols(file)
		for _, addr := range []uint32{0, 0x10000, 0x1000c, 0x10024, 0x200800, 1 << 31, 1<<32 - 1} {
			_ = s.Locate(addr).String()
			_ = s.Frames(addr)
		}
		if p, err := elf.Load(file, elf.DefaultLimits()); err == nil {
			s = s.Complete(p)
			require.NoError(t, List(&strings.Builder{}, p, s, 0, 1<<32-1))
		}
	})
}
