package interpreter

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv/elf"
)

// memoryProgram has segments that touch inside pages: constants, then data, a gap, and constants
// with a zero tail; the stack begins right after, the heap above everything.
func memoryProgram() *elf.Program {
	return &elf.Program{
		Segments: []elf.Segment{
			{Addr: 0x10000, Size: 8, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
			{Addr: 0x10008, Size: 16, Data: []byte{9, 10, 11, 12}, Writable: true},
			{Addr: 0x10020, Size: 6000, Data: []byte{0xaa, 0xbb}},
		},
		StackTop: 0x10020 + 6000 + 8192, StackSize: 8192, // 6000 is a multiple of 16
		HeapStart: 0x20010, HeapPages: 2,
	}
}

func newTestMachine(p *elf.Program) *Machine {
	m := NewMachine(Predecode(p, &vectorCosts))
	m.Start(0, 0)
	return m
}

func TestPermissionsArePerByte(t *testing.T) {
	t.Parallel()
	m := newTestMachine(memoryProgram())
	defer m.Release()
	stack := uint32(0x10020 + 6000)
	for _, c := range []struct {
		name           string
		addr, n        uint32
		readable, writ bool
	}{
		{"constants", 0x10000, 8, true, false},
		{"before", 0xffff, 1, false, false},
		{"constants into data", 0x10006, 4, true, false},
		{"data", 0x10008, 16, true, true},
		{"data into the gap", 0x10016, 4, false, false},
		{"gap", 0x10018, 8, false, false},
		{"tail", 0x10020, 6000, true, false},
		{"tail into stack", stack - 2, 4, true, false},
		{"stack", stack, 8192, true, true},
		{"stack overflow", stack - 1, 2, true, false},
		{"after the stack", stack + 8191, 2, false, false},
		{"below the heap", 0x2000f, 1, false, false},
		{"heap", 0x20010, 0x2ff0, true, true},
		{"after the heap", 0x22fff, 2, false, false},
		{"nothing at 0", 0, 0, true, true},
		{"nothing at the end", 0xffffffff, 0, true, true},
		{"wraps", 0xffffffff, 2, false, false},
		{"everything", 0, 0xffffffff, false, false},
	} {
		require.Equal(t, c.readable, m.Readable(c.addr, c.n), c.name)
		require.Equal(t, c.writ, m.Writable(c.addr, c.n), c.name)
		_, ok := m.Read(c.addr, c.n)
		require.Equal(t, c.readable, ok, c.name)
		if c.n < 1<<20 {
			require.Equal(t, c.writ, m.Write(c.addr, make([]byte, c.n)), c.name)
		}
	}
}

func TestAccessAcrossSpans(t *testing.T) {
	t.Parallel()
	m := newTestMachine(memoryProgram())
	defer m.Release()
	v, ok := m.load(0x10006, 4)
	require.True(t, ok)
	require.Equal(t, uint32(0x0a090807), v)
	v, ok = m.load(0x10021, 2)
	require.True(t, ok)
	require.Equal(t, uint32(0xbb), v)
	require.False(t, m.store(0x10006, 0, 4))
	require.True(t, m.store(0x10016, 0xbeef, 2))
	require.False(t, m.store(0x10016, 0, 4), "the last two bytes are unmapped")
	b, _ := m.Read(0x10000, 24)
	require.Equal(t, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, b[:12])
	require.Equal(t, []byte{0xef, 0xbe}, b[22:])
}

func TestReadIsACopy(t *testing.T) {
	t.Parallel()
	m := newTestMachine(memoryProgram())
	defer m.Release()
	b, _ := m.Read(0x10000, 4)
	b[0] = 99
	again, _ := m.Read(0x10000, 4)
	require.Equal(t, byte(1), again[0])
}

// TestFreshFramesSeeZeroes dirties memory in each way there is, over and over, through the pool.
func TestFreshFramesSeeZeroes(t *testing.T) {
	t.Parallel()
	p := memoryProgram()
	code := Predecode(p, &vectorCosts)
	fill := bytes.Repeat([]byte{0xff}, 0x2ff0)
	for range 20 {
		m := NewMachine(code)
		heap, _ := m.Read(0x20010, 0x2ff0)
		require.Equal(t, make([]byte, 0x2ff0), heap)
		stack, _ := m.Read(p.StackTop-p.StackSize, p.StackSize)
		require.Equal(t, make([]byte, 8192), stack)
		data, _ := m.Read(0x10008, 16)
		require.Equal(t, append([]byte{9, 10, 11, 12}, make([]byte, 12)...), data)

		require.True(t, m.Write(0x20010, fill))
		require.True(t, m.Write(0x10008, fill[:16]))
		require.True(t, m.store(p.StackTop-4096-2, 0xffffffff, 4), "crosses a page")
		_, ok := m.Grow(3, 100)
		require.True(t, ok)
		require.True(t, m.store(0x22ffe, 0xffffffff, 4), "crosses the old end")
		require.True(t, m.store(0x25ffc, 0xffffffff, 4))
		grown, _ := m.Read(0x20010, 0x5ff0)
		require.Equal(t, fill[:0x2fee], grown[:0x2fee], "growth keeps contents")
		require.Equal(t, make([]byte, 0x2ffa), grown[0x2ff2:0x5fec])
		m.Release()
	}
}

func TestGrow(t *testing.T) {
	t.Parallel()
	p := memoryProgram()
	m := newTestMachine(p)
	defer m.Release()
	start := m.Pages()
	require.Equal(t, m.code.StartPages(), start)
	old, ok := m.Grow(0, 0)
	require.False(t, ok, "already above maxPages")
	require.Equal(t, uint32(0x23000), old)
	old, ok = m.Grow(1, start+1)
	require.True(t, ok)
	require.Equal(t, uint32(0x23000), old)
	_, ok = m.Grow(1, start+1)
	require.False(t, ok)
	require.Equal(t, start+1, m.Pages())
	require.True(t, m.Writable(0x23fff, 1))
	require.False(t, m.Readable(0x24000, 1))
	_, ok = m.Grow(^uint32(0), ^uint32(0))
	require.False(t, ok, "no wrap")
	for range 300 {
		_, ok = m.Grow(1, 1000)
		require.True(t, ok)
	}
	require.True(t, m.Writable(0x24000, 300*4096))
}

func TestHeapStopsBelowTheStack(t *testing.T) {
	t.Parallel()
	p := memoryProgram()
	p.StackTop, p.StackSize = 0x30000, 0x8ff0 // from 0x27010
	m := newTestMachine(p)
	defer m.Release()
	_, ok := m.Grow(5, 1000)
	require.False(t, ok)
	_, ok = m.Grow(4, 1000)
	require.True(t, ok)
	require.False(t, m.Readable(0x27000, 1))
	require.True(t, m.Writable(0x27010, 1))
}

func TestEmptyHeapAtTheStack(t *testing.T) {
	t.Parallel()
	p := &elf.Program{
		Segments: []elf.Segment{{Addr: 0x1000, Size: 4096}},
		StackTop: 0x4000, StackSize: 0x2000, HeapStart: 0x2000,
	}
	m := newTestMachine(p)
	defer m.Release()
	require.True(t, m.Writable(0x2000, 0x2000))
	_, ok := m.Grow(1, 1000)
	require.False(t, ok)
	require.Equal(t, uint32(3), m.Pages())
}

// TestStartPages [37]: a frame pays for its pages when it starts.
func TestStartPages(t *testing.T) {
	t.Parallel()
	// Pages 0x10, 0x11 (constants, data, tail, stack), 0x12, 0x13 (stack), 0x20..0x22 (heap).
	require.Equal(t, uint32(7), Predecode(memoryProgram(), &vectorCosts).StartPages())
}

// TestStartCostIgnoresMaximum starts frames of a program with a large image limit: a frame must not
// allocate anew each time.
func TestStartCostIgnoresMaximum(t *testing.T) {
	code := Predecode(memoryProgram(), &vectorCosts)
	NewMachine(code).Release()
	allocs := testing.AllocsPerRun(100, func() { NewMachine(code).Release() })
	require.Less(t, allocs, 20.0)
}
