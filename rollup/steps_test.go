package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

func counts(steps []Step) []uint32 {
	var out []uint32
	for _, s := range steps {
		out = append(out, s.Count)
	}
	return out
}

func declaredOf(p *Params, n int, units metering.Units, size uint32) []Declared {
	out := []Declared{p.declaredSystem()}
	for range n {
		out = append(out, p.Declared(&Item{Kind: ItemTx, Tx: &Tx{MaxUnits: units}, Size: size}))
	}
	return append(out, p.declaredSystem())
}

// TestCut [40]: where one step ends and the next begins.
func TestCut(t *testing.T) {
	t.Parallel()
	base := DefaultParams()
	base.MaxVerify, base.SystemItem = metering.Units{}, metering.Units{}
	for _, tc := range []struct {
		name  string
		n     int
		units metering.Units
		size  uint32
		edit  func(p *Params)
		want  []uint32
	}{
		{name: "none", n: 0, want: []uint32{1, 1}},
		{name: "one", n: 1, want: []uint32{1, 1, 1}},
		{name: "items", n: 33, want: []uint32{1, 16, 16, 1, 1}},
		{name: "data exactly", n: 4, size: 100, want: []uint32{1, 2, 2, 1},
			edit: func(p *Params) { p.Step[metering.Data] = 200 }},
		{name: "data one less", n: 4, size: 100, want: []uint32{1, 1, 1, 1, 1, 1},
			edit: func(p *Params) { p.Step[metering.Data] = 199 }},
		{name: "compute", n: 5, units: metering.Units{metering.Compute: 7}, want: []uint32{1, 3, 2, 1},
			edit: func(p *Params) { p.Step[metering.Compute] = 27 }},
		{name: "keys", n: 5, units: metering.Units{metering.Read: 1025}, want: []uint32{1, 2, 2, 1, 1},
			edit: func(p *Params) { p.MaxStepKeys = 5 }},
		{name: "value bytes", n: 5, units: metering.Units{metering.Read: 1000},
			want: []uint32{1, 3, 2, 1}, edit: func(p *Params) { p.MaxStepValueBytes = 3999 }},
		{name: "code bytes", n: 5, units: metering.Units{metering.Read: 1000},
			want: []uint32{1, 4, 1, 1}, edit: func(p *Params) { p.MaxStepCodeBytes = 4000 }},
		{name: "compute counts", n: 4, units: metering.Units{metering.Compute: 10},
			want: []uint32{1, 2, 2, 1}, edit: func(p *Params) { p.Step[metering.Compute] = 20 }},
		{name: "the fold counts", n: 4, units: metering.Units{metering.Write: 10},
			want: []uint32{1, 2, 2, 1}, edit: func(p *Params) {
				p.SystemItem[metering.Write], p.Step[metering.Write] = 9, 38
			}},
		{name: "larger than a step", n: 2, size: 100, want: []uint32{1, 1, 1, 1},
			edit: func(p *Params) { p.Step[metering.Data] = 1 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := base
			if tc.edit != nil {
				tc.edit(&p)
			}
			require.Equal(t, tc.want, counts(cut(declaredOf(&p, tc.n, tc.units, tc.size), &p)))
		})
	}
}

func TestDeclared(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	x := &Tx{MaxUnits: metering.Units{1 << 50, 5, p.MaxVerify[metering.Read] + 1, 3, 4}}
	d := p.Declared(&Item{Kind: ItemTx, Tx: x, Size: 777})
	read := p.MaxVerify[metering.Read] + 1
	require.Equal(t, metering.Units{777, 5, read, 3, 4}, d.Units)
	require.Equal(t, read/1024+1, d.Keys)
	require.Equal(t, read, d.ValueBytes)
	require.Equal(t, read, d.CodeBytes)

	x.MaxUnits[metering.Read] = ^uint64(0)
	d = p.Declared(&Item{Kind: ItemForced, Tx: x})
	require.Equal(t, uint64(p.MaxTxKeys), d.Keys)
	require.Equal(t, uint64(p.MaxTxValueBytes), d.ValueBytes)
	require.Equal(t, uint64(p.MaxTxCodeBytes), d.CodeBytes)

	for _, kind := range []ItemKind{ItemLayerBegin, ItemDeposit, ItemLayerEnd} {
		d = p.Declared(&Item{Kind: kind})
		require.Equal(t, p.SystemItem, d.Units)
		require.Zero(t, d.CodeBytes)
	}
}

func TestWeight(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	p.Layer = metering.Units{1 << 20, 1 << 21, 3, 0, 1 << 20}
	for _, tc := range []struct {
		units metering.Units
		want  uint64
	}{
		{metering.Units{}, 0},
		{metering.Units{1}, 1},
		{metering.Units{0, 1}, 1}, // half, rounded up
		{metering.Units{0, 2}, 1},
		{metering.Units{0, 3}, 2},
		{metering.Units{0, 0, 1}, 349526},
		{metering.Units{5, 0, 0, 0, 9}, 9},
		{metering.Units{0, 0, 0, 1}, ^uint64(0)},
		{metering.Units{^uint64(0)}, ^uint64(0)},
		{metering.Units{0, 0, ^uint64(0)}, ^uint64(0)},
	} {
		require.Equal(t, tc.want, p.Weight(Declared{Units: tc.units}), "%v", tc.units)
	}
}

// However a layer is filled, it has no more steps than a claim may have roots (docs/spec/params.md).
func TestStepsAreBounded(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	most := 0.0
	for range 100 {
		p := DefaultParams()
		for d := range p.Layer { // a small layer has the same limits, and fewer items to try
			p.Layer[d] /= 16
		}
		items, rare := []Declared{{}}, 1+r.IntN(400)
		var used metering.Units
		for {
			u := metering.Units{minTxBytes}
			for d := range u {
				switch r.IntN(2 * rare) {
				case 0:
					u[d] += p.MaxTx[d]/2 + 1
				case 1:
					u[d] += r.Uint64N(p.MaxTx[d])
				}
			}
			next := used.Add(u)
			if !next.Fits(p.Layer) {
				break
			}
			used = next
			it := Item{Kind: ItemTx, Tx: &Tx{MaxUnits: u}, Size: uint32(u[metering.Data])}
			items = append(items, p.Declared(&it))
		}
		n := len(cut(append(items, Declared{}), &p))
		require.LessOrEqual(t, uint64(n), p.maxSteps())
		most = max(most, float64(n)/float64(p.maxSteps()))
	}
	require.Greater(t, most, 0.2, "the bound is far from what can be")
}
