package interpreter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/trap"
)

// gasPrograms end in every way there is; most trap or branch in the middle of a run.
var gasPrograms = map[string]string{
	"straight line":  "li a0, 1\nmul a1, a0, a0\ndivu a2, a1, a0\nsw a2, 0(s0)\nlw a3, 0(s0)\nret",
	"loop":           "li a0, 7\nloop: addi a0, a0, -1\nmul a1, a0, a0\nbnez a0, loop\nret",
	"call":           "mv s1, ra\ncall f\ncall f\nmv ra, s1\nret\nf: addi a0, a0, 3\nret",
	"into a run":     "la t0, in\njr t0\nli a0, 1\nli a1, 2\nin: li a2, 3\nli a3, 4\nret",
	"host calls":     "li t0, 9\necall\nli a0, 1\necall\necall\nret",
	"illegal":        "li a0, 1\nli a1, 2\n.word 0\nli a2, 3\nret",
	"breakpoint":     "li a0, 1\nebreak\nli a2, 3\nret",
	"load fault":     "li a0, 1\nli a1, 2\nlw a2, -1(s0)\nli a2, 3\nmul a2, a2, a2\nret",
	"store fault":    "li a0, 1\nsw a0, 0(zero)\nli a2, 3\nmul a2, a2, a2\nret",
	"first traps":    "lb a0, 0(zero)\nli a2, 3\ndiv a0, a0, a0",
	"bad jump":       "li a0, 64\njr a0\nret",
	"misaligned":     "li a0, 1\n.word 0x002000ef\nret",
	"misaligned jr":  "la a0, here\nhere: jalr ra, 2(a0)\nret",
	"falls off":      "li a0, 1\nli a1, 2",
	"only one":       "ret",
	"self loop":      "addi a0, a0, 1\nbltu a0, a1, . - 4\nj .",
	"indirect loop":  "la t0, loop\nloop: addi a0, a0, 1\njr t0",
	"zero tail":      "li a0, 1\nj tail\nret\n.balign 16\ntail:\n",
	"stack":          "addi sp, sp, -16\nsw a0, 12(sp)\nlw a1, 12(sp)\nsw a0, 16(sp)\nret",
	"branch to trap": "li a0, 1\nbeqz a1, far\nnop\nfar: lw a0, 0(zero)",
}

// snapshot is a machine between two instructions.
type snapshot struct {
	state vectorState
	pc    uint32
	spent uint64 // gas spent so far
	count uint64
}

func (s snapshot) String() string {
	return fmt.Sprintf("pc %#x count %d %v", s.pc, s.count, s.state)
}

func snap(m frame, started uint64) snapshot {
	return snapshot{stateOf(m), m.PC(), started - m.Gas(), m.Instructions()}
}

func startScratch(e engineKind, code *Code, gas uint64) frame {
	m := e.frame(code)
	m.Start(asm.DefaultBase, gas)
	initial := initialState()
	initial.x[riscv.RegSP] = m.Reg(riscv.RegSP)
	initial.x[8], initial.x[11] = scratchAddr, 20
	initial.load(m)
	return m
}

// gasProgram loads src; its text segment has eight zero bytes after its contents.
func gasProgram(t testing.TB, src string) *Code {
	p := scratchProgram(t, src)
	p.Segments[0].Size += 8
	return Predecode(p, &vectorCosts)
}

// trace steps through a program with gas that does not run out, up to limit gas: snapshots before
// each instruction, and the final one. Gas of an instruction here is its class's cost, looked up
// afresh, so that the trace does not depend on how the machine counts.
func trace(code *Code, limit uint64) (steps []snapshot, last Stop) {
	const plenty = 1 << 40
	m := startScratch(specified, code, plenty)
	defer m.Release()
	for {
		s := snap(m, plenty)
		s.spent, s.count = 0, 0
		if n := len(steps); n > 0 {
			s.spent, s.count = steps[n-1].spent, steps[n-1].count
			if word, ok := m.Read(steps[n-1].pc, 4); ok {
				op := riscv.Decode(uint32(word[0]) | uint32(word[1])<<8 | uint32(word[2])<<16 |
					uint32(word[3])<<24).Op
				s.spent += uint64(vectorCosts.Of(op))
				s.count++
			}
		}
		if last.Kind == Trapped && last.Trap == trap.BadJump || last.Kind == Returned {
			return steps, last // found at the fetch: nothing was charged
		}
		steps = append(steps, s)
		if last.Kind != 0 || s.spent > limit {
			return steps, last
		}
		if last, _ = m.Step(); last.Kind == HostCall {
			last = Stop{}
		}
	}
}

// runThrough runs until the frame is over, taking host calls as no-ops.
func runThrough(m frame) Stop {
	for {
		if stop := m.Run(); stop.Kind != HostCall {
			return stop
		}
	}
}

// TestGasAtEveryLimit [36] runs each program with each amount of gas up to more than it needs, and
// compares with the trace: the machine stops before the first instruction that it cannot pay.
func TestGasAtEveryLimit(t *testing.T) {
	t.Parallel()
	const most = 600
	for name, src := range gasPrograms { //lint:unordered independent cases
		code := gasProgram(t, src)
		steps, last := trace(code, most)
		for gas := uint64(0); gas <= min(most, steps[len(steps)-1].spent+3); gas++ {
			k := 0
			for k+1 < len(steps) && steps[k+1].spent <= gas {
				k++
			}
			want, stop, left := steps[k], Stop{Kind: Trapped, Trap: trap.OutOfGas}, uint64(0)
			if k == len(steps)-1 {
				stop, left = last, gas-want.spent
			}
			for _, e := range engineKinds {
				at := fmt.Sprintf("%s, gas %d, engine %d", name, gas, e)
				m := startScratch(e, code, gas)
				require.Equal(t, stop, runThrough(m), at)
				require.Equal(t, left, m.Gas(), at)
				got := snap(m, gas)
				got.spent = want.spent
				require.Equal(t, want.String(), got.String(), at)
				require.Equal(t, stop, m.Run(), "%s: the last stop stays", at)
				m.Release()
			}
		}
	}
}
