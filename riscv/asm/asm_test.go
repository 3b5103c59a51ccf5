package asm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"nop", "addi zero, zero, 0"},
		{"li a0, 2047", "addi a0, zero, 2047"},
		{"li a0, -2048", "addi a0, zero, -2048"},
		{"li a0, 0xffffffff", "addi a0, zero, -1"},
		{"li a0, 0x12345000", "lui a0, 0x12345"},
		{"li a0, 2048", "lui a0, 0x1; addi a0, a0, -2048"},
		{"li a0, 0x80000000", "lui a0, 0x80000"},
		{"li a0, -0x80000000", "lui a0, 0x80000"},
		{"li a0, 0x7fffffff", "lui a0, 0x80000; addi a0, a0, -1"},
		{"li a0, 'A' + 1", "addi a0, zero, 66"},
		{"li a0, (3 + 4) - (1 - 2)", "addi a0, zero, 8"},
		{"x: la a0, x", "lui a0, 0x1; addi a0, a0, 0"},
		{".equ K, 5\nli a0, K", "addi a0, zero, 5"},
		{"li a0, K\n.equ K, 5", "lui a0, 0x0; addi a0, a0, 5"},
		{"lui a0, %hi(0x12345fff)\naddi a0, a0, %lo(0x12345fff)", "lui a0, 0x12346; addi a0, a0, -1"},
		{"lw a0, %lo(0xfff)(a1)", "lw a0, -1(a1)"},
		{"lw a0, (a1)", "lw a0, 0(a1)"},
		{"sb x31, -1(x1)", "sb t6, -1(ra)"},
		{"a: b: j b", "jal zero, +0"},
		{"beqz a0, . + 8", "beq a0, zero, +8"},
		{"bgt a0, a1, .-4", "blt a1, a0, -4"},
		{"bleu a0, a1, 0x1000", "bgeu a1, a0, +0"},
		{"call f\nf: ret", "jal ra, +4; jalr zero, 0(ra)"},
		{"jal f\nf: jr a0", "jal ra, +4; jalr zero, 0(a0)"},
		{"jalr a0\njalr ra, 4(a0)\njalr ra, a0, 4", "jalr ra, 0(a0); jalr ra, 4(a0); jalr ra, 4(a0)"},
		{"not a0, a1\nneg a0, a1\nseqz a0, a1\nsnez a0, a1",
			"xori a0, a1, -1; sub a0, zero, a1; sltiu a0, a1, 1; sltu a0, zero, a1"},
		{"fence\nfence rw, rw\nECALL\nebreak", "fence; fence; ecall; ebreak"},
		{"  add\ta0,a1 , a2   # comment", "add a0, a1, a2"},
		{"mv a0, a1 // comment", "addi a0, a1, 0"},
		{".word 0x73, . ", "ecall; illegal"},
	} {
		o, err := Assemble(c.src, 0x1000)
		require.NoError(t, err, c.src)
		var got []string
		for _, w := range o.Words() {
			got = append(got, riscv.Decode(w).String())
		}
		require.Equal(t, c.want, strings.Join(got, "; "), c.src)
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	o, err := Assemble(`
		nop
	.rodata
	s:	.ascii "a,#b", "\n"
		.asciz "(\"c\")"
		.balign 8
	n:	.byte 1, -1, 'x', ','
		.half 0xffff, -2
	.data
		.word n, after, . + 4
		.align 4
	after:	.zero 3
	.bss
	b:	.space 40
	`, 0x10000)
	require.NoError(t, err)
	require.Equal(t, uint32(0x11000), o.ROData.Addr)
	require.Equal(t, "a,#b\n(\"c\")\x00\x00\x00\x00\x00\x00"+"\x01\xffx,\xff\xff\xfe\xff",
		string(o.ROData.Data))
	require.Equal(t, []byte{0x10, 0x10, 1, 0, 0x10, 0x20, 1, 0, 0xc, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0},
		o.Data.Data)
	require.Equal(t, Section{Addr: 0x12020, Size: 40}, o.BSS)
	b, ok := o.Symbol("b")
	require.True(t, ok)
	require.Equal(t, o.BSS.Addr, b)
	_, ok = o.Symbol("c")
	require.False(t, ok)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		"foo", "foo a0, a1", "add a0, a1", "add a0, a1, a2, a3", "add a0, a1, 5", "add a0, a1, a9",
		"addi a0, a1, 2048", "addi a0, a1", "slli a0, a1, 32", "lw a0, a1", "lw a0, 4096(a1)",
		"lw a0, 0(b1)", "beq a0, a1, nowhere", "beq a0, a1, . + 2048 + 2048", "beq a0, a1, . + 3",
		"j . + 0x100000", "lui a0, 0x100000", "lui a0, -1", "li a0", "li a0, 0x100000000", "li b, 1",
		"li a0, 1 2", "li a0, (1", "li a0, 1)", "li a0, 'ab'", "li a0, '", "li a0, --1", "li a0,",
		"x: nop\nx: nop", ".equ a, 1\na: nop", ".equ a, b", ".equ 1, 1", ".equ a", "ret a0", "mv a0",
		".word 0x100000000", ".byte 256", ".byte -129", ".half x", ".ascii a", ".ascii \"a",
		".zero", ".zero -1", ".zero 0x7fffffff", ".align 13", ".balign 0", ".balign 8192", ".foo",
		".byte 1\nnop", ".bss\n.word 1", ".bss\nnop", ".export", ".export a b", ".export nowhere",
		".export f, g, h", ".layout 1, 2", ".layout 1,2,3\n.layout 1,2,3", "la a0, " +
			strings.Repeat("(", 100) + "1" + strings.Repeat(")", 100), "ecall a0",
	} {
		_, err := Assemble(src, 0x1000)
		require.ErrorIs(t, err, ErrSyntax, src)
		require.Contains(t, err.Error(), "line ", src)
	}
	_, err := Assemble("nop", 2)
	require.ErrorIs(t, err, ErrSyntax)
}

// TestAgainstGNU compares every instruction and pseudo-instruction with the GNU assembler.
func TestAgainstGNU(t *testing.T) {
	t.Parallel()
	gnu, err1 := exec.LookPath("riscv64-unknown-elf-as")
	objcopy, err2 := exec.LookPath("riscv64-unknown-elf-objcopy")
	if err1 != nil || err2 != nil {
		t.Skip("riscv64-unknown-elf-as is not installed")
	}
	src := gnuProgram()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	text := ".option norvc\n.option norelax\n" + src
	require.NoError(t, os.WriteFile(path("p.s"), []byte(text), 0o600))
	for _, cmd := range []*exec.Cmd{
		exec.Command(gnu, "-march=rv32im", "-mabi=ilp32", "-o", path("p.o"), path("p.s")),
		exec.Command(objcopy, "-O", "binary", "-j", ".text", path("p.o"), path("p.bin")),
	} {
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	want, err := os.ReadFile(path("p.bin"))
	require.NoError(t, err)
	o, err := Assemble(src, 0)
	require.NoError(t, err)
	require.Equal(t, len(want), len(o.Text.Data))
	for i, w := range o.Words() {
		gnuWord := uint32(want[4*i]) | uint32(want[4*i+1])<<8 | uint32(want[4*i+2])<<16 |
			uint32(want[4*i+3])<<24
		if riscv.Decode(w).Op != riscv.FENCE {
			require.Equal(t, riscv.Decode(gnuWord).String(), riscv.Decode(w).String(), "word %d", i)
			require.Equal(t, gnuWord, w)
		}
	}
}

// gnuProgram has every operation with low and high registers and extreme immediates.
func gnuProgram() string {
	var b strings.Builder
	b.WriteString("top:\n")
	for op := riscv.OpIllegal + 1; int(op) < riscv.NumOps; op++ {
		for _, r := range [][3]string{{"a0", "a1", "a2"}, {"x31", "x0", "x30"}, {"s11", "fp", "ra"}} {
			switch op.Format() {
			case riscv.FormatR:
				fmt.Fprintf(&b, "%s %s, %s, %s\n", op, r[0], r[1], r[2])
			case riscv.FormatI:
				for _, imm := range []int{0, -1, 2047, -2048} {
					fmt.Fprintf(&b, "%s %s, %s, %d\n", op, r[0], r[1], imm)
				}
			case riscv.FormatShift:
				fmt.Fprintf(&b, "%s %s, %s, 31\n%s %s, %s, 1\n", op, r[0], r[1], op, r[0], r[1])
			case riscv.FormatLoad, riscv.FormatS:
				fmt.Fprintf(&b, "%s %s, -2048(%s)\n%s %s, 2047(%s)\n", op, r[0], r[1], op, r[0], r[1])
			case riscv.FormatB:
				fmt.Fprintf(&b, "%s %s, %s, top\n%s %s, %s, . + 8\n", op, r[0], r[1], op, r[0], r[1])
			case riscv.FormatU:
				fmt.Fprintf(&b, "%s %s, 0xfffff\n%s %s, 1\n", op, r[0], op, r[0])
			case riscv.FormatJ:
				fmt.Fprintf(&b, "%s %s, top\n%s %s, . + 8\n", op, r[0], op, r[0])
			default:
				fmt.Fprintf(&b, "%s\n", op)
			}
		}
	}
	for _, v := range []uint32{0, 1, 2047, 2048, 0x7ff, 0x800, 0xfff, 0x1000, 0x12345678, 0x7fffffff,
		0x80000000, 0xfffff800, 0xfffff7ff, 0xffffffff} {
		fmt.Fprintf(&b, "li a3, %d\n", int32(v))
	}
	for name, p := range pseudos { //lint:unordered both assemblers get the same text
		if name == "call" || name == "tail" || p.op == "jal" {
			continue // relaxed or relocated by GNU
		}
		args := []string{"a4", "t6", "s2"}[:p.args]
		if strings.HasPrefix(name, "b") {
			args[p.args-1] = ". + 12"
		}
		fmt.Fprintf(&b, "%s %s\n", name, strings.Join(args, ", "))
	}
	return b.String()
}

// FuzzAssemble: any text gives an object or an error.
func FuzzAssemble(f *testing.F) {
	f.Add(gnuProgram())
	f.Add(".data\nx: .word x, 'a'\n.rodata\n.asciz \"a\\\"b\"\n.layout 1,2,3")
	f.Add(".export f\nf: li a0, -(1+2)\n.balign 8\n.equ a, 4\nlw a0, a(a1)")
	f.Fuzz(func(t *testing.T, src string) {
		o, err := Assemble(src, 0x1000)
		if err != nil {
			require.ErrorIs(t, err, ErrSyntax)
			require.NotContains(t, err.Error(), "BUG")
			return
		}
		require.Len(t, o.Text.Data, int(o.Text.Size))
		require.NotEmpty(t, o.ELF(ELFOptions{Pages: true}))
	})
}
