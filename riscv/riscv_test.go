package riscv

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDisassemble checks words against the assembly that GNU objdump prints for them, but for
// spelling.
func TestDisassemble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word uint32
		text string
	}{
		{0x00000000, ".word 0x00000000"},
		{0x000ff0b7, "lui ra, 0xff"},
		{0x80000517, "auipc a0, 0x80000"},
		{0x008000ef, "jal ra, 0x1008"},
		{0xff5ff06f, "jal zero, 0xff4"},
		{0x00008067, "jalr zero, 0(ra)"},
		{0xffc50567, "jalr a0, -4(a0)"},
		{0x00b50463, "beq a0, a1, 0x1008"},
		{0xfeb51ce3, "bne a0, a1, 0xff8"},
		{0x00b54463, "blt a0, a1, 0x1008"},
		{0x00b55463, "bge a0, a1, 0x1008"},
		{0x00b56463, "bltu a0, a1, 0x1008"},
		{0x80b57063, "bgeu a0, a1, 0x0"},
		{0xfff50583, "lb a1, -1(a0)"},
		{0x7ff51583, "lh a1, 2047(a0)"},
		{0x80052583, "lw a1, -2048(a0)"},
		{0x00054583, "lbu a1, 0(a0)"},
		{0x00055583, "lhu a1, 0(a0)"},
		{0xfeb50fa3, "sb a1, -1(a0)"},
		{0x7eb51fa3, "sh a1, 2047(a0)"},
		{0x80b52023, "sw a1, -2048(a0)"},
		{0xfff50593, "addi a1, a0, -1"},
		{0x00152593, "slti a1, a0, 1"},
		{0x00153593, "sltiu a1, a0, 1"},
		{0xfff54593, "xori a1, a0, -1"},
		{0x00156593, "ori a1, a0, 1"},
		{0x00157593, "andi a1, a0, 1"},
		{0x01f51593, "slli a1, a0, 31"},
		{0x01f55593, "srli a1, a0, 31"},
		{0x41f55593, "srai a1, a0, 31"},
		{0x00c58533, "add a0, a1, a2"},
		{0x40c58533, "sub a0, a1, a2"},
		{0x00c59533, "sll a0, a1, a2"},
		{0x00c5a533, "slt a0, a1, a2"},
		{0x00c5b533, "sltu a0, a1, a2"},
		{0x00c5c533, "xor a0, a1, a2"},
		{0x00c5d533, "srl a0, a1, a2"},
		{0x40c5d533, "sra a0, a1, a2"},
		{0x00c5e533, "or a0, a1, a2"},
		{0x00c5f533, "and a0, a1, a2"},
		{0x0ff0000f, "fence"},
		{0x8330000f, "fence"},
		{0x00000073, "ecall"},
		{0x00100073, "ebreak"},
		{0x02c58533, "mul a0, a1, a2"},
		{0x02c59533, "mulh a0, a1, a2"},
		{0x02c5a533, "mulhsu a0, a1, a2"},
		{0x02c5b533, "mulhu a0, a1, a2"},
		{0x02c5c533, "div a0, a1, a2"},
		{0x02c5d533, "divu a0, a1, a2"},
		{0x02c5e533, "rem a0, a1, a2"},
		{0x03e5ffb3, "remu t6, a1, t5"},
	} {
		require.Equal(t, c.text, Disassemble(c.word, 0x1000), "%#08x", c.word)
	}
	require.Equal(t, "jal ra, +8", Decode(0x008000ef).String())
	require.Equal(t, "illegal", Inst{}.String())
}

// TestIllegal [42] lists encodings next to legal ones.
func TestIllegal(t *testing.T) {
	t.Parallel()
	for name, word := range map[string]uint32{ //lint:unordered independent cases
		"zeroes":           0x00000000,
		"ones":             0xffffffff,
		"compressed":       0x00010001,
		"low bits 10":      0x00c58532,
		"low bits 01":      0x00c58531,
		"slli bit 25":      0x02051513,
		"srli bit 25":      0x02055513,
		"srai bit 25":      0x42055513,
		"slli funct7 0x20": 0x40051513,
		"srli funct7 0x10": 0x20055513,
		"jalr funct3 1":    0x00009067,
		"branch funct3 2":  0x00b52463,
		"branch funct3 3":  0x00b53463,
		"load funct3 3":    0x00053583,
		"load funct3 6":    0x00056583,
		"load funct3 7":    0x00057583,
		"store funct3 3":   0x00b53023,
		"store funct3 7":   0x00b57023,
		"op funct7 2":      0x04c58533,
		"op funct7 0x40":   0x80c58533,
		"and funct7 0x20":  0x40c5f533,
		"mul funct7 0x21":  0x42c58533,
		"fence.i":          0x0000100f,
		"misc-mem 2":       0x0000200f,
		"csrrw":            0xc0001073,
		"csrrs cycle":      0xc0002573,
		"ecall with rd":    0x000000f3,
		"ecall with rs1":   0x00008073,
		"uret":             0x00200073,
		"wfi":              0x10500073,
		"mret":             0x30200073,
		"lr.w":             0x1005252f,
		"flw":              0x00052507,
		"fadd.s":           0x00c58553,
		"addiw":            0x0015059b,
		"addw":             0x00c5853b,
		"custom-0":         0x0000000b,
	} {
		require.Equal(t, Inst{}, Decode(word), name)
	}
}

// TestHints decode as their base instruction.
func TestHints(t *testing.T) {
	t.Parallel()
	require.Equal(t, Inst{Op: LUI, Imm: 0x1000}, Decode(0x00001037))
	require.Equal(t, Inst{Op: SLLI, Rs1: 1, Imm: 1}, Decode(0x00109013))
	require.Equal(t, Inst{Op: SLT, Rs1: 1, Rs2: 2}, Decode(0x0020a033))
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	for _, i := range []Inst{
		{}, {Op: Op(NumOps)}, {Op: 255},
		{Op: ADD, Rd: 32}, {Op: ADD, Rs1: 32}, {Op: ADD, Rs2: 255}, {Op: ADD, Imm: 1},
		{Op: ADDI, Imm: 2048}, {Op: ADDI, Imm: -2049}, {Op: ADDI, Rs2: 1},
		{Op: SLLI, Imm: 32}, {Op: SRAI, Imm: -1},
		{Op: LW, Imm: 4096}, {Op: SW, Imm: -2049}, {Op: SW, Rd: 1},
		{Op: BEQ, Imm: 4096}, {Op: BEQ, Imm: -4098}, {Op: BEQ, Imm: 3}, {Op: BEQ, Rd: 1},
		{Op: JAL, Imm: 1 << 20}, {Op: JAL, Imm: -1<<20 - 2}, {Op: JAL, Imm: 1}, {Op: JAL, Rs1: 1},
		{Op: LUI, Imm: 1}, {Op: LUI, Rs1: 3}, {Op: JALR, Imm: 2048},
		{Op: FENCE, Rd: 1}, {Op: ECALL, Imm: 1}, {Op: EBREAK, Rs1: 1},
	} {
		_, err := Encode(i)
		require.ErrorIs(t, err, ErrEncode, "%+v", i)
	}
}

func TestEncodeExtremes(t *testing.T) {
	t.Parallel()
	for _, i := range []Inst{
		{Op: ADDI, Rd: 31, Rs1: 31, Imm: 2047}, {Op: ADDI, Imm: -2048},
		{Op: SW, Rs1: 31, Rs2: 31, Imm: 2047}, {Op: SB, Imm: -2048},
		{Op: BGEU, Rs1: 31, Rs2: 31, Imm: 4094}, {Op: BEQ, Imm: -4096}, {Op: BEQ, Imm: 2},
		{Op: JAL, Rd: 31, Imm: 1<<20 - 2}, {Op: JAL, Imm: -1 << 20},
		{Op: LUI, Rd: 31, Imm: -4096}, {Op: AUIPC, Imm: -1 << 31}, {Op: SRAI, Imm: 31},
	} {
		word, err := Encode(i)
		require.NoError(t, err)
		require.Equal(t, i, Decode(word))
	}
}

func TestRegisterNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]uint8{ //lint:unordered independent cases
		"zero": 0, "ra": RegRA, "sp": RegSP, "t0": RegT0, "fp": 8, "s0": 8, "a0": RegA0,
		"a5": RegA5, "s11": 27, "t6": 31, "x0": 0, "x31": 31,
	} {
		got, ok := RegisterNamed(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	for _, name := range []string{"", "x32", "x", "a8", "A0", "x01", "t7"} {
		_, ok := RegisterNamed(name)
		require.False(t, ok, name)
	}
	require.Equal(t, "x32", RegisterName(32))
}

func TestOpNames(t *testing.T) {
	t.Parallel()
	for op := OpIllegal + 1; int(op) < NumOps; op++ {
		got, ok := OpNamed(op.String())
		require.True(t, ok)
		require.Equal(t, op, got)
		require.NotEqual(t, FormatNone, op.Format())
	}
	_, ok := OpNamed("illegal")
	require.False(t, ok)
	require.Equal(t, "illegal", Op(200).String())
	require.Equal(t, FormatNone, Op(200).Format())
}

func checkRoundTrip(t *testing.T, word uint32) {
	t.Helper()
	i := Decode(word)
	got, err := Encode(i)
	switch i.Op {
	case OpIllegal:
		require.Equal(t, Inst{}, i)
		require.ErrorIs(t, err, ErrEncode)
		return
	case FENCE:
		require.Equal(t, uint32(majorFence), word&0x707f)
		require.Equal(t, i, Decode(got))
	default:
		require.Equal(t, word, got, i.String())
	}
	require.NoError(t, err)
	require.Less(t, i.Rd|i.Rs1|i.Rs2, uint8(Registers))
	require.NotEmpty(t, Disassemble(word, word))
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	legal := 0
	for range 100_000 {
		word := rng.Uint32() | 3
		if Decode(word).Op != OpIllegal {
			legal++
		}
		checkRoundTrip(t, word)
	}
	require.Greater(t, legal, 10_000)
}

// FuzzDecode checks that decoding is total and that encoding is its inverse.
func FuzzDecode(f *testing.F) {
	for _, word := range []uint32{0, ^uint32(0), 0x73, 0x100073, 0x0ff0000f, 0x00c58533, 0xfeb51ce3} {
		f.Add(word)
	}
	f.Fuzz(checkRoundTrip)
}
