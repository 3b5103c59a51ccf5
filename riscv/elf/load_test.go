package elf_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

const sample = `
	.export second
	.export_principal first
	.layout 0x00180000, 0x4000, 3
first:	la a0, value
	lw a0, 0(a0)
second:	ret
	.rodata
	.asciz "constant"
	.data
value:	.word 7
	.bss
	.zero 100
`

func sampleFile(t testing.TB) []byte {
	o, err := asm.Assemble(sample, asm.DefaultBase)
	require.NoError(t, err)
	return o.ELF(asm.ELFOptions{Entry: asm.DefaultBase, ABI: []byte("{}")})
}

func TestLoad(t *testing.T) {
	t.Parallel()
	p, err := elf.Load(sampleFile(t), elf.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, uint32(asm.DefaultBase), p.Entry)
	require.Len(t, p.Segments, 3)
	require.Equal(t, []elf.Export{
		{Name: "athexp_first", Addr: asm.DefaultBase, PrincipalOnly: true},
		{Name: "athexp_second", Addr: asm.DefaultBase + 12},
	}, p.Exports)
	text, constants, data := p.Segments[0], p.Segments[1], p.Segments[2]
	require.True(t, text.Executable && !text.Writable)
	require.False(t, constants.Executable || constants.Writable)
	require.True(t, data.Writable && !data.Executable)
	require.Equal(t, "constant\x00athexp_second\x00athexp_first\x00", string(constants.Data))
	require.Equal(t, []byte{7, 0, 0, 0}, data.Data)
	require.Equal(t, uint32(16+100), data.Size)
	require.Equal(t, data.End(), p.HeapStart)
	require.Equal(t, uint32(0x180000), p.StackTop)
	require.Equal(t, uint32(0x4000), p.StackSize)
	require.Equal(t, data.Addr+0x4000, p.InitialHeapEnd())
	require.Equal(t, []byte("{}"), p.ABI)
	e, ok := p.Export("athexp_second")
	require.True(t, ok)
	require.Equal(t, text.Addr+12, e.Addr)
	_, ok = p.Export("athexp_third")
	require.False(t, ok)
}

// TestDefaults [34]: a program of the published convention says nothing of its stack and heap.
func TestDefaults(t *testing.T) {
	t.Parallel()
	o, err := asm.Assemble("ret", asm.DefaultBase)
	require.NoError(t, err)
	for stack, want := range map[uint32]uint32{0: 64 << 10, 0x3000: 0x3000} { //lint:unordered cases
		p, err := elf.Load(o.ELF(asm.ELFOptions{StackBytes: stack}), elf.DefaultLimits())
		require.NoError(t, err)
		require.Zero(t, p.Entry)
		require.Equal(t, uint32(0x00200400), p.StackTop)
		require.Equal(t, want, p.StackSize)
		require.Equal(t, uint32(64), p.HeapPages)
		require.Nil(t, p.ABI)
		require.Equal(t, uint32(elf.HeapEnd), p.HeapCeiling())
	}
}

func TestCallerKeepsItsBuffer(t *testing.T) {
	t.Parallel()
	file := sampleFile(t)
	p, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	want := bytes.Clone(p.Segments[0].Data)
	clear(file)
	require.Equal(t, want, p.Segments[0].Data)
}

// patch is a change of a valid file that must be refused. Offsets: the ELF header is 52 bytes, then
// four program headers of 32: text, rodata, data, unused.
type patch struct {
	name string
	off  int
	to   []byte
	want error
}

func le(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// TestRefusesHeaders [44]: what the loader does not take.
func TestRefusesHeaders(t *testing.T) {
	t.Parallel()
	const text, ro, data = 52, 52 + 32, 52 + 64
	for _, c := range []patch{
		{"magic", 0, []byte{0}, elf.ErrHeader},
		{"64 bit", 4, []byte{2}, elf.ErrHeader},
		{"big endian", 5, []byte{2}, elf.ErrHeader},
		{"ident version", 6, []byte{0}, elf.ErrHeader},
		{"os abi 1", 7, []byte{1}, elf.ErrHeader},
		{"os abi 2", 7, []byte{2}, elf.ErrHeader},
		{"os abi 4", 7, []byte{4}, elf.ErrHeader},
		{"os abi embedded", 7, []byte{255}, elf.ErrHeader},
		{"relocatable", 16, []byte{1}, elf.ErrHeader},
		{"shared object", 16, []byte{3}, elf.ErrHeader},
		{"machine", 18, []byte{62}, elf.ErrHeader},
		{"version", 20, []byte{2}, elf.ErrHeader},
		{"rvc flag", 36, []byte{1}, elf.ErrHeader},
		{"float abi", 36, []byte{4}, elf.ErrHeader},
		{"ehsize", 40, []byte{64}, elf.ErrHeader},
		{"phentsize", 42, []byte{56}, elf.ErrHeader},
		{"no program headers", 44, []byte{0, 0}, elf.ErrHeader},
		{"too many program headers", 44, []byte{65, 0}, elf.ErrLimit},
		{"shentsize", 46, []byte{64}, elf.ErrHeader},
		{"too many sections", 48, []byte{1, 1}, elf.ErrLimit},
		{"shstrndx", 50, []byte{200}, elf.ErrSection},
		{"entry misaligned", 24, le(asm.DefaultBase + 2), elf.ErrHeader},
		{"entry in data", 24, le(0x202000), elf.ErrHeader},
		{"phoff outside", 28, le(0xfffffff0), elf.ErrTruncated},
		{"phoff at the end", 28, le(0x1000), elf.ErrTruncated},
		{"shoff outside", 32, le(0xffffffff), elf.ErrTruncated},
		{"dynamic", text, le(2), elf.ErrSegment},
		{"interp", ro, le(3), elf.ErrSegment},
		{"offset outside", text + 4, le(0xffffffff), elf.ErrTruncated},
		{"file size outside", data + 4, le(0x7fffffff), elf.ErrTruncated},
		{"code misaligned", text + 8, le(asm.DefaultBase + 2), elf.ErrSegment},
		{"code in the first page", text + 8, le(0xffc), elf.ErrSegment},
		{"too high", text + 8, le(0x6ffffffc), elf.ErrSegment},
		{"wraps", text + 8, le(0xfffffff0), elf.ErrSegment},
		{"overlap", data + 8, le(asm.DefaultBase + 8), elf.ErrSegment},
		{"filesz above memsz", text + 16, le(0x1000), elf.ErrSegment},
		{"memsz above the image limit", data + 20, le(0x10000000), elf.ErrLimit},
		{"memsz overflow", data + 20, le(0xffffffff), elf.ErrLimit},
		{"no flags", text + 24, le(0), elf.ErrSegment},
		{"execute only", text + 24, le(1), elf.ErrSegment},
		{"write only", text + 24, le(2), elf.ErrSegment},
		{"writable code", text + 24, le(7), elf.ErrSegment},
		{"wx", text + 24, le(3), elf.ErrSegment},
		{"unknown flag", text + 24, le(0xd), elf.ErrSegment},
	} {
		file := sampleFile(t)
		copy(file[c.off:], c.to)
		_, err := elf.Load(file, elf.DefaultLimits())
		require.ErrorIs(t, err, c.want, c.name)
	}
}

// TestGNUProgram: a compiler marks a file with EI_OSABI 3 once a section must be retained.
func TestGNUProgram(t *testing.T) {
	t.Parallel()
	file := sampleFile(t)
	want, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	file[7] = 3
	got, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestTwoStacks(t *testing.T) {
	t.Parallel()
	file := sampleFile(t)
	copy(file[52+32:], le(0x6474e551))
	copy(file[52+64:], le(0x6474e551))
	_, err := elf.Load(file, elf.DefaultLimits())
	require.ErrorIs(t, err, elf.ErrSegment)
}

// TestEveryPrefix: no prefix of a file is a program, and none panics.
func TestEveryPrefix(t *testing.T) {
	t.Parallel()
	file := sampleFile(t)
	for n := range len(file) {
		_, err := elf.Load(file[:n], elf.DefaultLimits())
		require.Error(t, err, n)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	file := sampleFile(t)
	for name, change := range map[string]func(*elf.Limits){ //lint:unordered independent cases
		"file":            func(l *elf.Limits) { l.FileBytes = uint32(len(file)) - 1 },
		"image":           func(l *elf.Limits) { l.ImageBytes = 120 }, // each segment would fit
		"segments":        func(l *elf.Limits) { l.Segments = 2 },
		"program headers": func(l *elf.Limits) { l.ProgramHeaders = 2 },
		"sections":        func(l *elf.Limits) { l.Sections = 3 },
		"exports":         func(l *elf.Limits) { l.Exports = 1 },
		"stack":           func(l *elf.Limits) { l.StackBytes = 0x3fff },
		"heap":            func(l *elf.Limits) { l.HeapPages = 2 },
		"everything":      func(l *elf.Limits) { *l = elf.Limits{} },
	} {
		limits := elf.DefaultLimits()
		change(&limits)
		_, err := elf.Load(file, limits)
		require.ErrorIs(t, err, elf.ErrLimit, name)
	}
	limits := elf.DefaultLimits()
	limits.NameBytes = len("athexp_first")
	_, err := elf.Load(file, limits)
	require.ErrorIs(t, err, elf.ErrExport)
}

// TestPublishedToolchain loads what the GNU linker makes.
func TestPublishedToolchain(t *testing.T) {
	t.Parallel()
	gcc, err := exec.LookPath("riscv64-unknown-elf-gcc")
	if err != nil {
		t.Skip("riscv64-unknown-elf-gcc is not installed")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "p.c")
	require.NoError(t, os.WriteFile(source, []byte(`
		static const char name[] = "athexp_twice";
		int counter = 3, zeroed[100];
		int twice(int x) { return 2 * x + counter + zeroed[x & 1]; }
		__attribute__((section(".note.athena_export"), used))
		const struct { char v; void *f; const void *n; } __attribute__((packed)) note =
			{0, (void *)twice, name};
	`), 0o600))
	out := filepath.Join(dir, "p.elf")
	output, err := exec.Command(gcc, "-march=rv32im", "-mabi=ilp32", "-nostdlib", "-static", "-O1",
		"-Wl,-Ttext=0x200800,--build-id=none,-e,twice", "-o", out, source).CombinedOutput()
	require.NoError(t, err, string(output))
	file, err := os.ReadFile(out)
	require.NoError(t, err)
	p, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	e, ok := p.Export("athexp_twice")
	require.True(t, ok)
	require.Equal(t, p.Entry, e.Addr)
	names := map[string]uint32{}
	for _, s := range elf.Symbols(file) {
		names[s.Name] = s.Addr
	}
	require.Equal(t, e.Addr, names["twice"])
	require.NotZero(t, names["zeroed"])
}

// TestAllocationIsBounded loads a small file that asks for the largest image.
func TestAllocationIsBounded(t *testing.T) {
	file := sampleFile(t)
	copy(file[52+64+20:], le(3<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := elf.Load(file, elf.DefaultLimits())
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10))
}

// FuzzLoad checks the invariants of every program that Load accepts.
func FuzzLoad(f *testing.F) {
	f.Add(sampleFile(f))
	f.Add([]byte("\x7fELF"))
	o, err := asm.Assemble(".data\n.zero 16\n.text\nnop", 0x1000)
	require.NoError(f, err)
	f.Add(o.ELF(asm.ELFOptions{Pages: true, StackBytes: 4096}))
	limits := elf.DefaultLimits()
	f.Fuzz(func(t *testing.T, file []byte) {
		elf.Symbols(file)
		p, err := elf.Load(file, limits)
		if err != nil {
			return
		}
		last := uint64(elf.MinAddr)
		for _, s := range p.Segments {
			require.GreaterOrEqual(t, uint64(s.Addr), last)
			require.NotZero(t, s.Size)
			require.LessOrEqual(t, len(s.Data), int(s.Size))
			require.False(t, s.Writable && s.Executable)
			last = uint64(s.Addr) + uint64(s.Size)
		}
		require.Equal(t, uint64(p.HeapStart), last)
		require.LessOrEqual(t, last, uint64(elf.MaxAddr))
		require.LessOrEqual(t, p.InitialHeapEnd(), p.HeapCeiling())
		require.GreaterOrEqual(t, p.StackTop-p.StackSize, uint32(elf.MinAddr))
		for i, e := range p.Exports {
			require.Zero(t, e.Addr%4)
			require.LessOrEqual(t, len(e.Name), limits.NameBytes)
			require.True(t, i == 0 || p.Exports[i-1].Name < e.Name)
		}
	})
}
