package interpreter

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

// The format and the constants are described in fixtures/vectors/isa/README.md.
const (
	vectorDir     = "../fixtures/vectors/isa"
	scratchAddr   = 0x0040_0000
	scratchWords  = 16
	harnessReg    = 4 // tp
	vectorPrelude = ".equ scratch, 0x00400000\n"
)

var vectorCosts = metering.InstructionCosts{
	metering.ClassALU: 1, metering.ClassMul: 3, metering.ClassDiv: 7, metering.ClassLoad: 5,
	metering.ClassStore: 11, metering.ClassBranch: 13, metering.ClassJump: 17,
	metering.ClassIndirect: 19, metering.ClassECALL: 23, metering.ClassIllegal: 2,
}

// vectorFile is a parsed file. Lines keeps everything, so that -rewrite touches only results.
type vectorFile struct {
	path     string
	lines    []string
	programs []*vectorProgram
}

type vectorProgram struct {
	name  string
	asm   string
	cases []*vectorCase
}

// vectorCase is one run. Values of any are expected but not compared ("a0=*").
type vectorCase struct {
	line   int
	pre    vectorState
	post   vectorState // pre with the changes applied
	any    map[int]bool
	gas    int64 // -1: not stated
	trap   string
	filled bool
}

// vectorState is what a program sees: registers and scratch words.
type vectorState struct {
	x [riscv.Registers]uint32
	m [scratchWords]uint32
}

func initialState() vectorState {
	var s vectorState
	for i := range s.m {
		var b [4]byte
		for k := range b {
			b[k] = byte((4*i+k)*37 + 126)
		}
		s.m[i] = binary.LittleEndian.Uint32(b[:])
	}
	return s
}

func readVectors(t testing.TB) []*vectorFile {
	paths, err := filepath.Glob(filepath.Join(vectorDir, "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var files []*vectorFile
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		f := &vectorFile{path: path, lines: strings.Split(string(data), "\n")}
		require.NoError(t, f.parse(), path)
		files = append(files, f)
	}
	return files
}

func (f *vectorFile) parse() error {
	var p *vectorProgram
	for n, line := range f.lines {
		switch {
		case strings.HasPrefix(line, "program "):
			p = &vectorProgram{name: strings.TrimPrefix(line, "program "), asm: vectorPrelude}
			f.programs = append(f.programs, p)
		case line == "" || strings.HasPrefix(line, "#"):
		case p == nil:
			return fmt.Errorf("line %d: no program", n+1)
		case strings.HasPrefix(line, "case "):
			c, err := parseCase(strings.TrimPrefix(line, "case "))
			if err != nil {
				return fmt.Errorf("line %d: %w", n+1, err)
			}
			c.line = n
			p.cases = append(p.cases, c)
		default:
			p.asm += line + "\n"
		}
	}
	return nil
}

func parseCase(text string) (*vectorCase, error) {
	pre, post, ok := strings.Cut(text, "->")
	if !ok {
		return nil, fmt.Errorf("no -> in %q", text)
	}
	c := &vectorCase{pre: initialState(), any: map[int]bool{}, gas: -1}
	if err := c.assign(&c.pre, pre); err != nil {
		return nil, err
	}
	c.post = c.pre
	c.filled = strings.TrimSpace(post) != ""
	return c, c.assign(&c.post, post)
}

func (c *vectorCase) assign(s *vectorState, text string) error {
	for _, field := range strings.Fields(text) {
		name, value, _ := strings.Cut(field, "=")
		if name == "trap" {
			c.trap = value
			continue
		}
		r, isReg := riscv.RegisterNamed(name)
		if value == "*" && isReg {
			c.any[int(r)] = true
			continue
		}
		v, err := strconv.ParseUint(value, 0, 32)
		if err != nil && field != "unchanged" {
			return fmt.Errorf("%q: %w", field, err)
		}
		var word int
		switch _, err := fmt.Sscanf(name, "m[%d]", &word); {
		case name == "gas":
			c.gas = int64(v)
		case isReg && r != harnessReg && r != 0:
			s.x[r] = uint32(v)
		case err == nil && word >= 0 && word < scratchWords:
			s.m[word] = uint32(v)
		case field == "unchanged":
		default:
			return fmt.Errorf("unknown %q", field)
		}
	}
	return nil
}

// changes is the POST text for going from pre to post; "unchanged" if nothing did.
func changes(pre, post *vectorState) string {
	var out []string
	for i := range pre.x {
		if pre.x[i] != post.x[i] && i != harnessReg {
			out = append(out, fmt.Sprintf("%s=%#x", riscv.RegisterName(uint8(i)), post.x[i]))
		}
	}
	for i := range pre.m {
		if pre.m[i] != post.m[i] {
			out = append(out, fmt.Sprintf("m[%d]=%#x", i, post.m[i]))
		}
	}
	if len(out) == 0 {
		return "unchanged"
	}
	return strings.Join(out, " ")
}

// scratchProgram assembles src, adds the scratch segment, and loads the file as the host would.
func scratchProgram(t testing.TB, src string) *elf.Program {
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err, src)
	o.Data = asm.Section{Addr: scratchAddr, Size: 4 * scratchWords, Data: make([]byte, 4*scratchWords)}
	p, err := elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
	require.NoError(t, err)
	return p
}

func (s *vectorState) load(m frame) {
	for i := 1; i < riscv.Registers; i++ {
		m.SetReg(i, s.x[i])
	}
	var b []byte
	for _, w := range s.m {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	m.Write(scratchAddr, b)
}

func stateOf(m frame) vectorState {
	var s vectorState
	for i := range s.x {
		s.x[i] = m.Reg(i)
	}
	b, _ := m.Read(scratchAddr, 4*scratchWords)
	for i := range s.m {
		s.m[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return s
}

func TestVectors(t *testing.T) {
	t.Parallel()
	seen := map[riscv.Op]bool{}
	for _, f := range readVectors(t) {
		for _, p := range f.programs {
			program := scratchProgram(t, p.asm+"\necall\n")
			code := Predecode(program, &vectorCosts)
			for i := uint32(0); i+4 < program.Segments[0].Size; i += 4 {
				seen[riscv.Decode(code.regions[0].word(i)).Op] = true
			}
			for _, c := range p.cases {
				at := fmt.Sprintf("%s:%d %s", f.path, c.line+1, p.name)
				require.True(t, c.filled, "%s: no expected values", at)
				for _, e := range engineKinds {
					checkCase(t, at, e.frame(code), c)
				}
			}
		}
	}
	var missing []string
	for op := riscv.OpIllegal; int(op) < riscv.NumOps; op++ {
		if !seen[op] && op != riscv.ECALL {
			missing = append(missing, op.String())
		}
	}
	sort.Strings(missing)
	require.Empty(t, missing, "instructions without a vector")
}

func checkCase(t *testing.T, at string, m frame, c *vectorCase) {
	const gas = 1_000_000
	defer m.Release()
	m.Start(asm.DefaultBase, gas)
	c.pre.load(m)
	stop := m.Run()
	used := int64(gas - m.Gas())
	switch c.trap {
	case "":
		require.Equal(t, HostCall, stop.Kind, "%s: %v", at, stop)
		used -= int64(vectorCosts.Of(riscv.ECALL))
	case "None":
		require.Equal(t, Returned, stop.Kind, at)
	default:
		require.Equal(t, c.trap, stop.Trap.String(), at)
	}
	if c.gas >= 0 {
		require.Equal(t, c.gas, used, "%s: gas", at)
	}
	got, want := stateOf(m), c.post
	for r := range c.any { //lint:unordered independent registers
		want.x[r] = got.x[r]
	}
	require.Equal(t, changes(&c.pre, &want), changes(&c.pre, &got), at)
}
