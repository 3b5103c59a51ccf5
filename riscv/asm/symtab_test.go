package asm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/riscv/elf"
)

func TestSymbolTable(t *testing.T) {
	t.Parallel()
	o, err := Assemble(".equ K, 7\n_start: nop\nf: ret\n.data\nd: .word K\n", 0x1000)
	require.NoError(t, err)
	plain, named := o.ELF(ELFOptions{}), o.ELF(ELFOptions{Symbols: true})
	require.Empty(t, elf.Symbols(plain))
	require.Equal(t, []elf.Symbol{
		{Name: "_start", Addr: 0x1000}, {Name: "f", Addr: 0x1004}, {Name: "d", Addr: o.Data.Addr},
	}, elf.Symbols(named))
	a, err := elf.Load(plain, elf.DefaultLimits())
	require.NoError(t, err)
	b, err := elf.Load(named, elf.DefaultLimits())
	require.NoError(t, err)
	require.Equal(t, a, b, "symbols do not change the program")
}
