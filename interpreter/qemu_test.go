package interpreter

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the expected values of the vectors from qemu")

// The outside oracle: programs run natively under qemu-riscv32 in one static Linux executable.
// Each program has a record in memory; a common loop loads registers and scratch memory from it,
// jumps to the program, and stores the results back; at the end all records are written to
// standard output.
const (
	qemuTextBase   = 0x0001_0000
	qemuRecords    = scratchAddr + 0x1000
	qemuWords      = 128 // words of a record
	qemuPreMemory  = 32  // word offsets: registers come first
	qemuPostRegs   = 48
	qemuPostMemory = 80
	qemuEntry      = 96
)

// qemuRun is one program with its input and, after runQEMU, its output.
type qemuRun struct {
	asm  string
	pre  vectorState
	post vectorState
}

// qemuDriver is the loop. tp points to the current record.
func qemuDriver(count int) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("_start: li tp, %#x", qemuRecords)
	p("load: li t1, %#x", scratchAddr)
	for i := range scratchWords {
		p("lw t0, %d(tp)", 4*(qemuPreMemory+i))
		p("sw t0, %d(t1)", 4*i)
	}
	for r := 1; r < riscv.Registers; r++ {
		if r != harnessReg {
			p("lw x%d, %d(tp)", r, 4*r)
		}
	}
	p("lw tp, %d(tp)", 4*qemuEntry)
	p("jr tp")
	p("save:")
	for r := 1; r < riscv.Registers; r++ {
		if r != harnessReg {
			p("sw x%d, %d(tp)", r, 4*(qemuPostRegs+r))
		}
	}
	p("li t1, %#x", scratchAddr)
	for i := range scratchWords {
		p("lw t0, %d(t1)", 4*i)
		p("sw t0, %d(tp)", 4*(qemuPostMemory+i))
	}
	end := qemuRecords + 4*qemuWords*count
	p("addi tp, tp, %d", 4*qemuWords)
	p("li t1, %#x", end)
	p("bne tp, t1, again")
	p("li s1, %#x", qemuRecords) // write(1, records, size) until all is out, then exit(0)
	p("li s2, %#x", end)
	p("out: li a0, 1")
	p("mv a1, s1")
	p("sub a2, s2, s1")
	p("li a7, 64")
	p("ecall")
	p("blez a0, fail")
	p("add s1, s1, a0")
	p("bne s1, s2, out")
	p("li a0, 0")
	p("j exit")
	p("fail: li a0, 1")
	p("exit: li a7, 93")
	p("ecall")
	p("again: j load")
	return b.String()
}

// runQEMU executes all runs in one process and fills in their results.
func runQEMU(t *testing.T, runs []*qemuRun) {
	t.Helper()
	qemu, err := exec.LookPath("qemu-riscv32")
	if err != nil {
		t.Skip("qemu-riscv32 is not installed: the outside oracle is not asked")
	}
	driver, err := asm.Assemble(qemuDriver(len(runs)), qemuTextBase)
	require.NoError(t, err)
	save, _ := driver.Symbol("save")
	text := driver.Text.Data
	var records []byte
	for k, run := range runs {
		entry := qemuTextBase + uint32(len(text))
		back := fmt.Sprintf("\nlui tp, %%hi(%[1]d)\naddi tp, tp, %%lo(%[1]d)\nj %[2]d\n",
			qemuRecords+4*qemuWords*k, save)
		o, err := asm.Assemble(run.asm+back, entry)
		require.NoError(t, err, run.asm)
		text = append(text, o.Text.Data...)
		record := make([]uint32, qemuWords)
		copy(record, run.pre.x[:])
		copy(record[qemuPreMemory:], run.pre.m[:])
		record[qemuEntry] = entry
		for _, w := range record {
			records = binary.LittleEndian.AppendUint32(records, w)
		}
	}
	data := append(make([]byte, qemuRecords-scratchAddr), records...)
	file := (&asm.Object{
		Text: asm.Section{Addr: qemuTextBase, Size: uint32(len(text)), Data: text},
		Data: asm.Section{Addr: scratchAddr, Size: uint32(len(data)), Data: data},
	}).ELF(asm.ELFOptions{Entry: qemuTextBase, Pages: true})
	path := filepath.Join(t.TempDir(), "vectors.elf")
	require.NoError(t, os.WriteFile(path, file, 0o700))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	require.Len(t, out, len(records))
	for k, run := range runs {
		word := func(i int) uint32 { return binary.LittleEndian.Uint32(out[4*(qemuWords*k+i):]) }
		for i := 1; i < riscv.Registers; i++ {
			run.post.x[i] = word(qemuPostRegs + i)
		}
		for i := range run.post.m {
			run.post.m[i] = word(qemuPostMemory + i)
		}
		run.post.x[harnessReg] = run.pre.x[harnessReg]
	}
}

func TestVectorsAgainstQEMU(t *testing.T) {
	files := readVectors(t)
	var runs []*qemuRun
	var cases []*vectorCase
	var names []string
	for _, f := range files {
		for _, p := range f.programs {
			for _, c := range p.cases {
				if c.trap != "" || len(c.any) > 0 {
					continue // traps are Athena's, not Linux's
				}
				runs = append(runs, &qemuRun{asm: p.asm, pre: c.pre})
				cases = append(cases, c)
				names = append(names, fmt.Sprintf("%s:%d %s", f.path, c.line+1, p.name))
			}
		}
	}
	runQEMU(t, runs)
	for i, c := range cases {
		if *rewrite && !c.filled {
			continue
		}
		require.Equal(t, changes(&c.pre, &runs[i].post), changes(&c.pre, &c.post), names[i])
	}
	if !*rewrite {
		return
	}
	i := 0
	for _, f := range files {
		for _, p := range f.programs {
			for _, c := range p.cases {
				if c.trap != "" || len(c.any) > 0 {
					continue
				}
				if pre, _, _ := strings.Cut(f.lines[c.line], "->"); !c.filled {
					f.lines[c.line] = strings.TrimSpace(pre) + " -> " + changes(&c.pre, &runs[i].post)
				}
				i++
			}
		}
		require.NoError(t, os.WriteFile(f.path, []byte(strings.Join(f.lines, "\n")), 0o600))
	}
}

// TestRandomProgramsAgainstQEMU compares random straight-line programs, memory accesses included.
func TestRandomProgramsAgainstQEMU(t *testing.T) {
	const programs, length = 1500, 40
	rng := rand.New(rand.NewPCG(1, 2))
	runs := make([]*qemuRun, programs)
	for i := range runs {
		run := &qemuRun{pre: initialState(), asm: randomProgram(rng, length)}
		for r := 1; r < riscv.Registers; r++ {
			if r != harnessReg {
				run.pre.x[r] = randomOperand(rng)
			}
		}
		run.pre.x[riscv.RegSP] = scratchAddr + 4*rng.Uint32N(8)
		runs[i] = run
	}
	runQEMU(t, runs)
	for i, run := range runs {
		code := Predecode(scratchProgram(t, run.asm+"\necall\n"), &vectorCosts)
		m := NewMachine(code)
		m.Start(asm.DefaultBase, 1<<20)
		run.pre.load(m)
		require.Equal(t, HostCall, m.Run().Kind, "program %d\n%s", i, run.asm)
		got := stateOf(m)
		m.Release()
		require.Equal(t, changes(&run.pre, &run.post), changes(&run.pre, &got), "program %d\n%s",
			i, run.asm)
	}
}

// randomProgram uses sp as the base of its accesses, which stay inside scratch, and never writes
// sp, nor tp, the harness register.
func randomProgram(rng *rand.Rand, length int) string {
	var b strings.Builder
	for range length {
		op := riscv.LB + riscv.Op(rng.IntN(riscv.NumOps-int(riscv.LB)))
		if rng.IntN(20) == 0 {
			op = riscv.LUI
		}
		rs1, rs2 := uint8(rng.IntN(32)), uint8(rng.IntN(32))
		i := riscv.Inst{Op: op, Rd: randomRegister(rng), Rs1: rs1, Rs2: rs2}
		if i.Rs1 == harnessReg || i.Rs2 == harnessReg {
			continue
		}
		switch op.Format() {
		case riscv.FormatR:
		case riscv.FormatI:
			i.Rs2, i.Imm = 0, int32(rng.IntN(4096)-2048)
		case riscv.FormatShift:
			i.Rs2, i.Imm = 0, int32(rng.IntN(32))
		case riscv.FormatLoad:
			i.Rs1, i.Rs2, i.Imm = riscv.RegSP, 0, int32(rng.IntN(32))
		case riscv.FormatS:
			i.Rd, i.Rs1, i.Imm = 0, riscv.RegSP, int32(rng.IntN(32))
		case riscv.FormatU:
			i.Rs1, i.Rs2, i.Imm = 0, 0, int32(rng.Uint32()&^0xfff)
		default:
			continue
		}
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

func randomRegister(rng *rand.Rand) uint8 {
	for {
		if r := uint8(rng.IntN(32)); r != riscv.RegSP && r != harnessReg {
			return r
		}
	}
}

func randomOperand(rng *rand.Rand) uint32 {
	edges := []uint32{0, 1, ^uint32(0), 1 << 31, 1<<31 - 1}
	if rng.IntN(3) == 0 {
		return edges[rng.IntN(len(edges))]
	}
	return rng.Uint32() >> rng.IntN(32)
}
