package stf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/scale"
)

// contextSource is a template whose factory frame returns the layer context.
const contextSource = `
.export spawn
spawn:
	la a0, out
	li t0, 0xB2
	ecall
	la a1, out
	li a0, 3
	li a2, 176
	li t0, 0x02
	ecall
	ret
.data
out: .zero 176
`

// TestLayerContext [49]: a program sees height, time, beacon and parentHash of the header under which
// it runs, never the hash of that header itself, and the prices that the layer before sealed.
func TestLayerContext(t *testing.T) {
	t.Parallel()
	o, err := asm.Assemble(contextSource, asm.DefaultBase)
	require.NoError(t, err)
	elf := o.ELF(asm.ELFOptions{})
	g := &rollup.Genesis{Name: "context", Time: 1, Params: rollup.DefaultParams(),
		Templates: [][]byte{elf}}
	tree, err := stf.GenesisTree(g)
	require.NoError(t, err)
	d := rollup.Deposit{To: address.OfTemplate(address.CodeHash(elf)), Amount: 5_000}
	d.Attach(rollup.Selector("spawn"), nil, metering.Units{0, 5_000_000, 100_000, 10_000, 10_000})
	from := rollup.L1Address([32]byte{7})
	h := rollup.Header{Height: 1, Time: 17, Beacon: rollup.Hash{2}, ParentHash: rollup.Hash{3}}
	l := &stf.Layer{ChainID: rollup.Hash{4}, Header: &h, Params: &g.Params, Items: []rollup.Item{
		{Kind: rollup.ItemLayerBegin}, d.Item(from), {Kind: rollup.ItemLayerEnd},
	}}
	for i := range l.Items {
		l.Steps = append(l.Steps, rollup.Step{First: uint32(i), Count: 1})
	}
	before, err := stf.Prices(tree)
	require.NoError(t, err)
	out, err := stf.New().ApplyLayer(tree, l)
	require.NoError(t, err)
	r := out.Receipts()[1]
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome, "%+v", r)

	origin := rollup.L1Alias(from)
	var want scale.Encoder
	want.U64(h.Height)
	want.U64(h.Time)
	want.Raw(h.Beacon[:])
	want.Raw(h.ParentHash[:])
	want.Raw(l.ChainID[:])
	want.Raw(origin[:])
	for _, p := range before {
		want.U64(p)
	}
	require.Equal(t, want.B, out.Steps[1].Returns[0])
	own := h.Hash()
	require.NotContains(t, string(want.B), string(own[:]))
}
