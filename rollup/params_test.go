package rollup

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

func TestDefaultParamsAreValid(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	require.NoError(t, p.Validate())
	require.Equal(t, 1024*(128*33+2*98)+2<<20+1<<20+4<<10, p.WitnessCap())
	require.Equal(t, uint32(256<<10), p.MaxCodeBytes)
	require.Equal(t, uint32(512<<10), p.MaxTxCodeBytes)
}

// A deployment of the largest program fits a transaction, a bundle and the forced queue.
func TestDeploymentFits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.tx(1, 0, func(x *Tx) { x.Calls[0].Args = make([]byte, w.p.MaxCodeBytes+4096) })
	forced := w.tx(2, 0, func(x *Tx) { x.Calls[0].Args = make([]byte, w.p.MaxCodeBytes+4096) })
	w.l1(&PostBundle{Bundle: EncodeBundle(relay1, CodecRaw, [][]byte{raw}, &w.p), Weight: 1 << 30})
	w.l1(&ForcedTx{Tx: forced})
	require.Len(t, txs(w.derive()), 2)
}

// Each case breaks one rule, and the complaint must be about that one.
func TestValidate(t *testing.T) {
	t.Parallel()
	const d, c, r = metering.Data, metering.Compute, metering.Read
	for name, edit := range map[string]func(p *Params){
		"VMVersion 2 is unknown": func(p *Params) { p.VMVersion = 2 },
		"MaxTxBytes is 0":        func(p *Params) { p.MaxTxBytes = 0 },
		"327679 expanded":        func(p *Params) { p.MaxExpandedBytes = p.MaxTxBytes - 1 },
		"MaxBundleBytes 8388608 does not fit": func(p *Params) {
			p.MaxBundleBytes = p.MaxL1TxBytes
		},
		"a witness of":            func(p *Params) { p.MaxL1TxBytes = uint32(p.WitnessCap()) },
		"half of MaxL1BlockBytes": func(p *Params) { p.MaxL1BlockBytes-- },
		"MaxAuthBytes 65536":      func(p *Params) { p.MaxAuthBytes = 1 << 16 },
		"a program of MaxCodeBytes 327680 does not fit": func(p *Params) {
			p.MaxCodeBytes = p.MaxTxBytes
		},
		"compute: MaxVerify 100000001": func(p *Params) {
			p.MaxVerify[c] = p.MaxTx[c] + 1
		},
		"compute: MaxTx":        func(p *Params) { p.MaxTx[c] = p.Step[c] + 1 },
		"read: MaxTx":           func(p *Params) { p.MaxTx[r] = p.Step[r] },
		"data: Step":            func(p *Params) { p.Step[d] = p.Layer[d] + 1 },
		"forced share":          func(p *Params) { p.ForcedShareDivisor = 1 },
		"no forced transaction": func(p *Params) { p.ForcedShareDivisor = 1000 },
		"system items":          func(p *Params) { p.MaxDepositsPerLayer = math.MaxUint32 },
		"Prices":                func(p *Params) { p.Prices[d] = 1 },
		"compute: MinPrices 0":  func(p *Params) { p.MinPrices[c] = 0 },
		"compute: MinPrices 17": func(p *Params) { p.MinPrices[c] = 17 },
		"read: PriceTarget 0":   func(p *Params) { p.PriceTarget[r] = 0 },
		"read: PriceTarget 671": func(p *Params) { p.PriceTarget[r] = p.Layer[r] + 1 },
		"PriceWindow 0":         func(p *Params) { p.PriceWindow = 0 },
		"PriceChange 0":         func(p *Params) { p.PriceChange = 0 },
		"is above 2^64-1": func(p *Params) {
			p.PriceWindow, p.PriceChange = math.MaxUint32, math.MaxUint32
		},
		"DepositPrice 16777217": func(p *Params) { p.DepositPrice = 1<<24 + 1 },
		"RentPrice 16777217":    func(p *Params) { p.RentPrice = 1<<24 + 1 },
		"RentHorizon 429":       func(p *Params) { p.RentHorizon = mostHeights + 1 },
		"SweepLeaves is 0":      func(p *Params) { p.SweepLeaves = 0 },
		"SweepLeaves 409 do not fit MaxStepKeys": func(p *Params) {
			p.SweepLeaves = 409
		},
		"SweepLeaves 168 of 12288": func(p *Params) { p.SweepLeaves = 168 },
		"cannot be written":        func(p *Params) { p.MaxTx[metering.Write] = 100 },
		"StepItems is 0":           func(p *Params) { p.StepItems = 0 },
		"crediting their":          func(p *Params) { p.StepItems = 17 },
		"MaxTxKeys 1024 and":       func(p *Params) { p.MaxTxKeys = p.MaxStepKeys },
		"above MaxStepValueBytes": func(p *Params) {
			p.MaxStepValueBytes = p.MaxTxValueBytes
		},
		"and MaxStepCodeBytes 524287": func(p *Params) {
			p.MaxStepCodeBytes = p.MaxTxCodeBytes - 1
		},
		"MaxFinalPerLayer":         func(p *Params) { p.MaxFinalPerLayer = p.MaxStepKeys },
		"SeenPurgePerLayer":        func(p *Params) { p.SeenPurgePerLayer = p.MaxStepKeys },
		"at most MaxStepRoots 100": func(p *Params) { p.MaxStepRoots = 100 },
		"MaxCallDepth is 0":        func(p *Params) { p.MaxCallDepth = 0 },
		"MaxCallDepth is 1025":     func(p *Params) { p.MaxCallDepth = 1025 },
		"MaxTxMemoryPages 262145":  func(p *Params) { p.MaxTxMemoryPages = 1<<18 + 1 },
		"MaxMemoryPages 4096 and": func(p *Params) {
			p.MaxTxMemoryPages = p.MaxMemoryPages - 1
		},
		"MaxInputBytes":    func(p *Params) { p.MaxInputBytes = p.MaxTxBytes },
		"MaxVerifyKeys 0":  func(p *Params) { p.MaxVerifyKeys = 0 },
		"OrderDelay":       func(p *Params) { p.OrderDelay = 2 },
		"MaxCarryDelay":    func(p *Params) { p.MaxCarryDelay = 0 },
		"UnorderedWindow":  func(p *Params) { p.UnorderedWindow = 0 },
		"MinByteFee 0":     func(p *Params) { p.MinByteFee = 0 },
		"ReorgBound":       func(p *Params) { p.ReorgBound = p.ChallengeWindow },
		"ProveWindow":      func(p *Params) { p.ProveWindow = p.ReorgBound },
		"MinClaimDepth":    func(p *Params) { p.MinClaimDepth = 0 },
		"VerdictsPerBlock": func(p *Params) { p.VerdictsPerBlock = 0 },
		"ChallengeBond":    func(p *Params) { p.ChallengeBond = 0 },
		"EngineRevision":   func(p *Params) { p.EngineRevision = 0 },
		"RetainBlocks 2064 does not": func(p *Params) {
			p.RetainBlocks = p.ChallengeWindow + p.ProveWindow + 2_048
		},
		"more than half of BlockMillis 1839": func(p *Params) { p.BlockMillis = 1_839 },
		"is below ten times": func(p *Params) {
			p.ClaimBond = uint64(p.WitnessCap())
		},
		"a claim of MaxStepRoots": func(p *Params) { p.MaxStepRoots = 1 << 20 },
		"MaxBundleTxs is 0":       func(p *Params) { p.MaxBundleTxs = 0 },
		"MaxTxBytes 2097152 does not fit a bundle": func(p *Params) {
			p.MaxTxBytes = 2 << 20
		},
		"MaxTxBytes 327681 is above MaxTx": func(p *Params) { p.MaxTxBytes++ },
	} { //lint:unordered independent cases
		p := DefaultParams()
		edit(&p)
		err := p.Validate()
		require.ErrorContains(t, err, name)
	}
	// A window or delay near 2^64 would wrap: claims with no window, seen records gone too early.
	for name, field := range map[string]func(p *Params) *uint64{
		"ChallengeWindow": func(p *Params) *uint64 { return &p.ChallengeWindow },
		"ProveWindow":     func(p *Params) *uint64 { return &p.ProveWindow },
		"MinClaimDepth":   func(p *Params) *uint64 { return &p.MinClaimDepth },
		"ReorgBound":      func(p *Params) *uint64 { return &p.ReorgBound },
		"MaxCarryDelay":   func(p *Params) *uint64 { return &p.MaxCarryDelay },
		"UnorderedWindow": func(p *Params) *uint64 { return &p.UnorderedWindow },
	} { //lint:unordered independent cases
		p := DefaultParams()
		*field(&p) = mostHeights + 1
		require.ErrorContains(t, p.Validate(), name+" 4294967297 is above", name)
	}
	p := new(Params)
	require.Error(t, p.Validate())
	p.fields(
		func(v *uint32) { *v = math.MaxUint32 },
		func(v *uint64) { *v = math.MaxUint64 },
		func(u *metering.Units) {
			for i := range u {
				u[i] = math.MaxUint64
			}
		},
	)
	require.Error(t, p.Validate())
	require.Equal(t, unbounded, p.WitnessCap())
}

func TestGenesisValidate(t *testing.T) {
	t.Parallel()
	a := address.Address{1}
	good := func() *Genesis {
		return &Genesis{
			Name: "test", Params: DefaultParams(), Templates: [][]byte{{1}, {2}},
			Allocations: []Allocation{{a, 1}}, L1: []Allocation{{a, math.MaxUint64 - 1}},
		}
	}
	require.NoError(t, good().Validate())
	for name, edit := range map[string]func(g *Genesis){
		"no name":          func(g *Genesis) { g.Name = "" },
		"long name":        func(g *Genesis) { g.Name = "123456789012345678901234567890123" },
		"empty template":   func(g *Genesis) { g.Templates[0] = nil },
		"twice a template": func(g *Genesis) { g.Templates[1] = g.Templates[0] },
		"large template":   func(g *Genesis) { g.Templates[0] = make([]byte, 256<<10+1) },
		"zero address":     func(g *Genesis) { g.Allocations[0].Address = address.Zero },
		"twice an address": func(g *Genesis) { g.L1 = append(g.L1, Allocation{a, 0}) },
		"too much money":   func(g *Genesis) { g.L1[0].Amount++ },
		"parameters":       func(g *Genesis) { g.Params.StepItems = 0 },
	} { //lint:unordered independent cases
		g := good()
		edit(g)
		require.Error(t, g.Validate(), name)
	}
	one, two := good(), good()
	two.L1[0].Amount--
	require.NotEqual(t, one.ChainID(), two.ChainID())
}
