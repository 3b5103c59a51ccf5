package elf_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/riscv/elf"
)

// load assembles a program and lets change alter its parts before it is written and loaded.
func load(t *testing.T, src string, change func(*asm.Object)) (*elf.Program, error) {
	t.Helper()
	o, err := asm.Assemble(src, asm.DefaultBase)
	require.NoError(t, err)
	if change != nil {
		change(o)
	}
	return elf.Load(o.ELF(asm.ELFOptions{}), elf.DefaultLimits())
}

func TestExports(t *testing.T) {
	t.Parallel()
	const src = ".export f\nf: nop\nret\n.data\n.asciz \"athexp_data\"\n.bss\n.zero 8"
	for _, c := range []struct {
		name   string
		change func(*asm.Object)
		ok     bool
	}{
		{"as it is", nil, true},
		{"name in data", func(o *asm.Object) { o.Exports[0].NameAddr = o.Data.Addr }, true},
		{"address misaligned", func(o *asm.Object) { o.Exports[0].Addr += 2 }, false},
		{"address after code", func(o *asm.Object) { o.Exports[0].Addr += 8 }, false},
		{"address in data", func(o *asm.Object) { o.Exports[0].Addr = o.Data.Addr }, false},
		{"address 0", func(o *asm.Object) { o.Exports[0].Addr = 0 }, false},
		{"name outside", func(o *asm.Object) { o.Exports[0].NameAddr = 0x1000 }, false},
		{"name wraps", func(o *asm.Object) { o.Exports[0].NameAddr = 0xffffffff }, false},
		{"no prefix", func(o *asm.Object) { o.Exports[0].NameAddr++ }, false},
		{"empty method", func(o *asm.Object) { o.ROData.Data[7] = 0 }, false},
		{"empty", func(o *asm.Object) { o.ROData.Data[0] = 0 }, false},
		{"strange letter", func(o *asm.Object) { o.ROData.Data[7] = '-' }, false},
		{"no NUL in the segment", func(o *asm.Object) { o.ROData.Data[8] = 'x' }, false},
		{"NUL in the zero tail", func(o *asm.Object) {
			o.ROData.Data = o.ROData.Data[:8]
		}, true},
		{"too long before the zero tail", func(o *asm.Object) {
			o.ROData.Data = append([]byte("athexp_"), bytes.Repeat([]byte("n"), 58)...)
			o.ROData.Size = 100
		}, false},
		{"equal names", func(o *asm.Object) { o.Exports = append(o.Exports, o.Exports[0]) }, false},
	} {
		_, err := load(t, src, c.change)
		if c.ok {
			require.NoError(t, err, c.name)
		} else {
			require.ErrorIs(t, err, elf.ErrExport, c.name)
		}
	}
}

func TestExportNameLength(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("n", 64-len(elf.ExportPrefix))
	p, err := load(t, ".export f, "+name+"\nf: ret", nil)
	require.NoError(t, err)
	require.Equal(t, elf.ExportPrefix+name, p.Exports[0].Name)
	_, err = load(t, ".export f, "+name+"n\nf: ret", nil)
	require.ErrorIs(t, err, elf.ErrExport)
}

// TestExportRecords changes the raw note, which follows the segments in the file.
func TestExportRecords(t *testing.T) {
	t.Parallel()
	o, err := asm.Assemble(".export f\n.export_principal f, g\nf: ret", asm.DefaultBase)
	require.NoError(t, err)
	file := o.ELF(asm.ELFOptions{})
	note := bytes.LastIndex(file, append([]byte{0}, le(asm.DefaultBase)...))
	for _, c := range []patch{
		{"version 2", note, []byte{2}, elf.ErrExport},
		{"version 1 where 0 was", note, []byte{1}, elf.ErrExport},
		{"second record's version", note + 9, []byte{0}, elf.ErrExport},
		{"unknown flag", note + 10, []byte{3}, elf.ErrExport},
	} {
		changed := bytes.Clone(file)
		copy(changed[c.off:], c.to)
		_, err := elf.Load(changed, elf.DefaultLimits())
		require.ErrorIs(t, err, c.want, c.name)
	}
	p, err := elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	require.False(t, p.Exports[0].PrincipalOnly)
	require.True(t, p.Exports[1].PrincipalOnly)
	file[note+10] = 0
	p, err = elf.Load(file, elf.DefaultLimits())
	require.NoError(t, err)
	require.False(t, p.Exports[1].PrincipalOnly)
}

func TestLayout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, layout string
		want         error
	}{
		{"below text, sharing its page", "0x200800, 0x1000, 0", nil},
		{"overlaps text", "0x200810, 0x1000, 0", elf.ErrLayout},
		{"inside text", "0x200810, 0x10, 0", elf.ErrLayout},
		{"contains everything", "0x280000, 0x100000, 0", elf.ErrLayout},
		{"top not a multiple of 16", "0x200008, 0x1000, 0", elf.ErrLayout},
		{"top above the space", "0x70000010, 0x1000, 0", elf.ErrLayout},
		{"top at the end of the space", "0x70000000, 0x1000, 0", nil},
		{"in the first page", "0x2000, 0x1010, 0", elf.ErrLayout},
		{"from the second page", "0x2000, 0x1000, 0", nil},
		{"below 0", "0x2000, 0x3000, 0", elf.ErrLayout},
		{"empty", "0x200000, 0, 0", elf.ErrLayout},
		{"too large", "0x60000000, 0x100001, 0", elf.ErrLimit},
		{"heap too large", "0x200000, 0x1000, 4097", elf.ErrLimit},
		{"huge heap", "0x200000, 0x1000, 0xffffffff", elf.ErrLimit},
		{"heap meets the stack", "0x204000, 0x1000, 2", nil},
		{"heap in the stack", "0x204000, 0x1000, 3", elf.ErrLayout},
	} {
		// One page of text from 0x200800: the heap starts at 0x201000.
		_, err := load(t, ".layout "+c.layout+"\n.zero 2048", nil)
		require.ErrorIs(t, err, c.want, c.name)
	}
}

func TestLayoutNote(t *testing.T) {
	t.Parallel()
	o, err := asm.Assemble(".layout 0x200000, 0x1000, 5\nret", asm.DefaultBase)
	require.NoError(t, err)
	file := o.ELF(asm.ELFOptions{})
	note := bytes.Index(file, append([]byte{1}, le(0x200000)...))
	require.Positive(t, note)
	file[note] = 2
	_, err = elf.Load(file, elf.DefaultLimits())
	require.ErrorIs(t, err, elf.ErrLayout, "version 2")
	file[note] = 1

	// Rename .note.athena.layout so that it is found twice, or as an export note.
	from, to := []byte(".note.athena_export\x00"), []byte(".note.athena.layout\x00")
	renamed := bytes.Replace(file, from, to, 1)
	_, err = elf.Load(renamed, elf.DefaultLimits())
	require.ErrorIs(t, err, elf.ErrSection, "two layout notes")
}

func TestSegmentsMayTouch(t *testing.T) {
	t.Parallel()
	p, err := load(t, "ret\n.rodata\n.word 1\n.data\n.word 2", func(o *asm.Object) {
		o.ROData.Addr = o.Text.Addr + 4
		o.Data.Addr = o.Text.Addr + 8
	})
	require.NoError(t, err)
	require.Len(t, p.Segments, 3)
	require.Equal(t, uint32(asm.DefaultBase+12), p.HeapStart)
}

func TestNothingToLoad(t *testing.T) {
	t.Parallel()
	_, err := load(t, "ret", func(o *asm.Object) {
		o.Text = asm.Section{}
		o.Data = asm.Section{Addr: 0x300000}
		o.BSS = asm.Section{}
	})
	require.Error(t, err)
}
