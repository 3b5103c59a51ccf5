package interpreter

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/interpreter/lockstep"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
)

var programs = flag.Int("programs", 700, "random programs of each shape for TestEnginesAgree")

// drive runs m from the begin of the text to its end, under a host that does things at random. A
// difference between engines panics. It returns the last stop and the number of host calls.
func drive(m frame, p *elf.Program, seed, gas uint64) (Stop, int) {
	host := rand.New(rand.NewPCG(seed, 77))
	pc := p.Segments[0].Addr
	if host.IntN(8) == 0 { // an entry in the middle of a run
		pc += 4 * host.Uint32N(8)
	}
	m.Start(pc, gas)
	fill(m, p, host)
	for calls := 0; ; calls++ {
		stop := m.Run()
		if stop.Kind != HostCall || calls == 50 {
			return stop, calls
		}
		serveAtRandom(m, p, host)
	}
}

// fill writes to the begin and the end of what is writable, so that equal loads are from equal places.
func fill(m frame, p *elf.Program, host *rand.Rand) {
	b := make([]byte, 128)
	for i := range b {
		b[i] = byte(host.Uint32())
	}
	n := min(p.StackSize, uint32(len(b)))
	m.Write(p.StackTop-n, b[:n])
	m.Write(p.StackTop-p.StackSize, b[:n/2])
	m.Write(p.HeapStart, b)
	for i := range p.Segments {
		if s := &p.Segments[i]; s.Writable {
			for off := uint32(0); off < s.Size; off += 100 {
				m.Write(s.Addr+off, b[:min(s.Size-off, 100)])
			}
		}
	}
}

// serveAtRandom does what a host may do, with random arguments.
func serveAtRandom(m frame, p *elf.Program, host *rand.Rand) {
	near := []uint32{p.StackTop, p.StackTop - p.StackSize, p.HeapStart, p.InitialHeapEnd(),
		p.Segments[0].Addr, p.Segments[len(p.Segments)-1].End()}
	addr := near[host.IntN(len(near))] + host.Uint32N(64) - 32
	n := host.Uint32N(64)
	if host.IntN(10) == 0 {
		n = host.Uint32()
	}
	switch host.IntN(8) {
	case 0:
		m.Grow(host.Uint32N(3), m.Pages()+host.Uint32N(6))
	case 1:
		m.Charge(host.Uint64N(30))
	case 2:
		m.SetGas(m.Gas() - min(m.Gas(), host.Uint64N(5)))
	case 3:
		m.Readable(addr, n)
		m.Writable(addr, n)
		if n < 1<<16 {
			m.Read(addr, n)
		}
	case 4:
		m.Write(addr, []byte{1, 2, 3, 4, 5, 6, 7, 8}[:n%9])
	default:
		for range 3 {
			m.SetReg(host.IntN(32), host.Uint32()>>host.IntN(32))
		}
	}
}

// agree runs a program on all engines; it returns how it ended.
func agree(t testing.TB, p *elf.Program, seed, gas uint64) (stop Stop, calls int) {
	t.Helper()
	code := Predecode(p, &vectorCosts)
	m := together(code)
	fresh := m.Digest()
	defer func() {
		if d, ok := recover().(*lockstep.Difference); ok {
			t.Fatalf("seed %d, gas %d: %v\n%s", seed, gas, d, listing(p))
		}
	}()
	stop, calls = drive(m, p, seed, gas)
	if m.Gas() > gas || m.Instructions() > gas || m.Reg(0) != 0 {
		t.Fatalf("seed %d, gas %d: %d left after %d instructions", seed, gas, m.Gas(), m.Instructions())
	}
	m.Release()
	m = NewMachine(code) // most likely in the arena of before
	defer m.Release()
	if m.Digest() != fresh {
		t.Fatalf("seed %d, gas %d: a fresh frame sees what another one wrote\n%s",
			seed, gas, listing(p))
	}
	return stop, calls
}

// listing shows a program that made engines differ.
func listing(p *elf.Program) string {
	text := fmt.Sprintf("stack %#x+%#x heap %#x+%d pages\n",
		p.StackTop-p.StackSize, p.StackSize, p.HeapStart, p.HeapPages)
	for i := range p.Segments {
		s := &p.Segments[i]
		text += fmt.Sprintf("segment %#x+%#x x=%v w=%v\n", s.Addr, s.Size, s.Executable, s.Writable)
		r := region{base: s.Addr, size: s.Size, data: s.Data}
		for off := uint32(0); s.Executable && off+4 <= uint32(len(s.Data)); off += 4 {
			text += fmt.Sprintf("%8x: %08x %v\n", s.Addr+off, r.word(off), riscv.Decode(r.word(off)))
		}
	}
	return text
}

// TestEnginesAgree runs some thousand random programs on all engines, each with plenty of gas and
// with less. For a long run: go test ./interpreter -run TestEnginesAgree -programs 100000
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	for s := range shapes {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			ends := make(map[string]int)
			for seed := range uint64(*programs) {
				p := generate(seed, s)
				stop, calls := agree(t, p, seed, 20_000)
				ends[stop.String()]++
				ends["host calls"] += calls
				agree(t, p, seed, rand.New(rand.NewPCG(seed, 1)).Uint64N(1000))
			}
			t.Log(ends)
			if s == structured {
				require.Greater(t, ends["returned"], *programs/2)
			}
			require.Positive(t, ends["host calls"])
		})
	}
}

// TestFusedOperations runs each fused operation on registers that depend on each other, in bounds
// and near the ends of memory.
func TestFusedOperations(t *testing.T) {
	t.Parallel()
	for k, parts := range fusedOps {
		for seed := range uint64(16) {
			s := structured
			if seed >= 4 {
				s = edges
			}
			p := generateFused(seed<<16+uint64(k), s, parts)
			agree(t, p, seed, 20_000)
			agree(t, p, seed, 20+seed*40)
		}
	}
}

// TestEnginesAgreeAtEveryLimit runs small random programs with each amount of gas.
func TestEnginesAgreeAtEveryLimit(t *testing.T) {
	t.Parallel()
	done := 0
	for seed := uint64(0); done < 25; seed++ {
		p := generate(seed, shape(seed)%corrupted)
		m := specified.frame(Predecode(p, &vectorCosts))
		const most = 500
		drive(m, p, seed, most)
		used := most - m.Gas()
		if used < 50 || used == most {
			continue
		}
		done++
		for gas := range used + 2 {
			agree(t, p, seed, gas)
		}
	}
}

// FuzzEngines runs random programs, with words that the fuzzer chooses in places that it chooses.
func FuzzEngines(f *testing.F) {
	for s := range shapes {
		f.Add(uint64(s), uint8(s), uint64(1000), []byte{})
		f.Add(uint64(s), uint8(s), uint64(100), []byte{3, 0, 0x13, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, seed uint64, s uint8, gas uint64, patches []byte) {
		p := generate(seed, shape(s)%shapes)
		text := p.Segments[0].Data
		for len(patches) >= 6 && len(text) >= 4 {
			at := int(binary.LittleEndian.Uint16(patches)) % (len(text) / 4) * 4
			copy(text[at:at+4], patches[2:6])
			patches = patches[6:]
		}
		agree(t, p, seed, gas%50_000)
	})
}

// FuzzText runs arbitrary text.
func FuzzText(f *testing.F) {
	for _, src := range gasPrograms { //lint:unordered seeds
		code := gasProgram(f, src)
		f.Add(code.program.Segments[0].Data, uint64(200), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, gas, seed uint64) {
		if len(text) == 0 || len(text) > 1<<12 {
			return
		}
		p := generate(seed, structured)
		p.Segments[0].Data, p.Segments[0].Size = text, uint32(len(text))
		if len(p.Segments) > 1 && p.Segments[1].Executable {
			p.Segments = append(p.Segments[:1], p.Segments[2:]...)
		}
		if uint64(p.Segments[0].End()) <= uint64(p.Segments[1].Addr) {
			agree(t, p, seed, gas%20_000)
		}
	})
}
