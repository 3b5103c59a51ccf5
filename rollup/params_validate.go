package rollup

import (
	"errors"

	"github.com/athenarollup/athena/metering"
)

// A witness takes at most this for each key, whatever the shape of the tree: 128 levels of a tag
// and a hash, and two leaves with their keys and hashes (docs/spec/witness.md).
const witnessKeyBytes = 128*33 + 2*98

// witnessSlack is room for what a witness holds beside keys and values.
const witnessSlack = 4 << 10

// proveOverhead is more than an L1 transaction adds to the witness that it carries.
const proveOverhead = 1 << 10

// WitnessCap is the size that no witness of a step exceeds.
func (p *Params) WitnessCap() int { return int(min(p.witnessCap(), unbounded)) }

func (p *Params) witnessCap() uint64 {
	return uint64(p.MaxStepKeys)*witnessKeyBytes + uint64(p.MaxStepValueBytes) +
		uint64(p.MaxStepCodeBytes) + witnessSlack
}

// Validate returns everything that is wrong with the parameters. It is asked of every genesis, and
// of every change. See docs/spec/params.md.
func (p *Params) Validate() error {
	var c complaints
	c.check(p.VMVersion == metering.V1().Version, "VMVersion %d is unknown", p.VMVersion)
	c.check(p.EngineRevision > 0, "EngineRevision is 0")
	p.validateSizes(&c)
	p.validateUnits(&c)
	p.validateDeposits(&c)
	p.validateCounts(&c)
	p.validateExecution(&c)
	p.validateLayers(&c)
	p.validateFees(&c)
	p.validateRent(&c)
	p.validateClaims(&c)
	return errors.Join(c...)
}

// deployOverhead is more than a deployment adds to the program that it carries.
const deployOverhead = 16 << 10

func (p *Params) validateSizes(c *complaints) {
	for _, f := range []struct {
		name  string
		value uint32
	}{
		{"MaxTxBytes", p.MaxTxBytes}, {"MaxBundleBytes", p.MaxBundleBytes},
		{"MaxExpandedBytes", p.MaxExpandedBytes}, {"MaxL1TxBytes", p.MaxL1TxBytes},
		{"MaxL1BlockBytes", p.MaxL1BlockBytes}, {"MaxBundleTxs", p.MaxBundleTxs},
		{"MaxCalls", p.MaxCalls}, {"MaxAccessKeys", p.MaxAccessKeys},
		{"MaxStepRoots", p.MaxStepRoots}, {"MaxFinalPerLayer", p.MaxFinalPerLayer},
	} {
		c.check(f.value > 0 && f.value <= unbounded, "%s is %d; 1 to 2^30-1 allowed", f.name, f.value)
	}
	u := func(v uint32) uint64 { return uint64(v) }
	c.check(p.MaxAuthBytes <= 1<<16-1, "MaxAuthBytes %d is above the 65535 that a transaction can say",
		p.MaxAuthBytes)
	c.check(p.MaxTxBytes <= p.MaxExpandedBytes && u(p.MaxTxBytes)+proveOverhead <= u(p.MaxBundleBytes),
		"MaxTxBytes %d does not fit a bundle of %d bytes, %d expanded",
		p.MaxTxBytes, p.MaxBundleBytes, p.MaxExpandedBytes)
	c.check(u(p.MaxBundleBytes)+proveOverhead <= u(p.MaxL1TxBytes),
		"MaxBundleBytes %d does not fit an L1 transaction of %d", p.MaxBundleBytes, p.MaxL1TxBytes)
	c.check(32*u(p.MaxStepRoots)+proveOverhead <= u(p.MaxL1TxBytes),
		"a claim of MaxStepRoots %d does not fit an L1 transaction of %d bytes",
		p.MaxStepRoots, p.MaxL1TxBytes)
	c.check(p.witnessCap()+proveOverhead <= u(p.MaxL1TxBytes),
		"a witness of %d bytes does not fit an L1 transaction of %d", p.witnessCap(), p.MaxL1TxBytes)
	c.check(u(p.MaxL1TxBytes)*2 <= u(p.MaxL1BlockBytes),
		"MaxL1TxBytes %d is above half of MaxL1BlockBytes %d", p.MaxL1TxBytes, p.MaxL1BlockBytes)
	c.check(u(p.MaxCodeBytes)+deployOverhead <= u(p.MaxTxBytes),
		"a program of MaxCodeBytes %d does not fit a transaction of %d", p.MaxCodeBytes, p.MaxTxBytes)
}

func (p *Params) validateUnits(c *complaints) {
	fold := p.SystemItem
	for d := metering.Data; d < metering.Dimensions; d++ {
		c.check(p.MaxVerify[d] <= p.MaxTx[d],
			"%v: MaxVerify %d is above MaxTx %d", d, p.MaxVerify[d], p.MaxTx[d])
		c.check(saturatingAdd(p.MaxTx[d], fold[d]) <= p.Step[d],
			"%v: MaxTx %d and SystemItem %d do not fit a Step of %d", d, p.MaxTx[d], fold[d], p.Step[d])
		c.check(p.Step[d] <= p.Layer[d],
			"%v: Step %d is above Layer %d", d, p.Step[d], p.Layer[d])
		c.check(p.MaxVerify[d] <= p.MaxForced()[d],
			"%v: no forced transaction can declare MaxVerify %d: at most %d allowed",
			d, p.MaxVerify[d], p.MaxForced()[d])
		system := p.SystemItem[d]
		total := saturatingAdd(p.ForcedShare()[d], saturatingAdd(p.DepositShare()[d], p.MaxTx[d]))
		for range min(p.MaxDepositsPerLayer, 1<<16) + 2 {
			total = saturatingAdd(total, system)
		}
		c.check(total <= p.Layer[d],
			"%v: system items, forced share, deposit share and one transaction take %d of a "+
				"Layer of %d",
			d, total, p.Layer[d])
	}
	c.check(uint64(p.MaxTxBytes) <= p.MaxTx[metering.Data],
		"MaxTxBytes %d is above MaxTx's data %d", p.MaxTxBytes, p.MaxTx[metering.Data])
	for _, d := range []metering.Dimension{metering.Write, metering.Alloc} {
		c.check(uint64(p.MaxCodeBytes) <= p.MaxTx[d],
			"%v: a program of MaxCodeBytes %d cannot be written with %d", d, p.MaxCodeBytes, p.MaxTx[d])
	}
}

// Keys that layer begin needs for each final claim, that layer end needs for each purged record and
// for each swept leaf (it and its owner's header), that a step needs for each item beside what the
// item declares (the headers or seen record that judge it before its budgets begin, its relay), and
// that all need for the records of the layer. Layer end needs one for each of MaxRelayCredits, too.
const (
	keysPerItem  = 3
	keysPerFinal = 4
	keysPerPurge = 3
	keysPerSwept = 2
	keysPerLayer = 16
)

// MaxRelayCredits is the number of relays whose earnings a layer accumulates for its end; a step credits
// those of any other.
const MaxRelayCredits = 8

func (p *Params) validateCounts(c *complaints) {
	fold := p.declaredSystem()
	u := func(v uint32) uint64 { return uint64(v) }
	c.check(p.StepItems > 0, "StepItems is 0")
	c.check(p.MaxTxKeys > 0, "MaxTxKeys is 0")
	c.check(u(p.StepItems)*keysPerItem+keysPerLayer <= fold.Keys,
		"SystemItem gives %d keys; admitting StepItems %d and crediting their relays takes %d", fold.Keys,
		p.StepItems, u(p.StepItems)*keysPerItem+keysPerLayer)
	c.check(u(p.MaxTxKeys)+fold.Keys <= u(p.MaxStepKeys),
		"MaxTxKeys %d and a system item's %d are above MaxStepKeys %d",
		p.MaxTxKeys, fold.Keys, p.MaxStepKeys)
	c.check(u(p.MaxTxValueBytes)+fold.ValueBytes <= u(p.MaxStepValueBytes),
		"MaxTxValueBytes %d and a system item's %d are above MaxStepValueBytes %d",
		p.MaxTxValueBytes, fold.ValueBytes, p.MaxStepValueBytes)
	c.check(p.MaxCodeBytes > 0 && p.MaxCodeBytes <= p.MaxTxCodeBytes &&
		p.MaxTxCodeBytes <= p.MaxStepCodeBytes,
		"MaxCodeBytes %d, MaxTxCodeBytes %d and MaxStepCodeBytes %d do not ascend from 1",
		p.MaxCodeBytes, p.MaxTxCodeBytes, p.MaxStepCodeBytes)
	c.check(u(p.MaxFinalPerLayer)*keysPerFinal+keysPerLayer <= u(p.MaxStepKeys),
		"MaxFinalPerLayer %d does not fit MaxStepKeys %d", p.MaxFinalPerLayer, p.MaxStepKeys)
	layerEnd := u(p.SeenPurgePerLayer)*keysPerPurge + u(p.SweepLeaves)*keysPerSwept +
		MaxRelayCredits + keysPerLayer
	c.check(layerEnd <= u(p.MaxStepKeys),
		"SeenPurgePerLayer %d and SweepLeaves %d do not fit MaxStepKeys %d",
		p.SeenPurgePerLayer, p.SweepLeaves, p.MaxStepKeys)
	c.check(u(p.SweepLeaves)*p.sweptBytes()+fold.ValueBytes <= u(p.MaxStepValueBytes),
		"SweepLeaves %d of %d bytes do not fit MaxStepValueBytes %d",
		p.SweepLeaves, p.sweptBytes(), p.MaxStepValueBytes)
	c.check(p.maxSteps() <= u(p.MaxStepRoots),
		"a layer may have %d steps, a claim at most MaxStepRoots %d", p.maxSteps(), p.MaxStepRoots)
}

// maxSteps bounds the steps of a layer. A step ends because it has StepItems, or because with the
// first item of the next one it would be above some limit: two steps side by side then hold more
// than that limit, beside what each declares for its fold, and no item is in more than two pairs.
func (p *Params) maxSteps() uint64 {
	items := p.Layer[metering.Data]/minTxBytes + uint64(p.MaxDepositsPerLayer)
	steps := items/uint64(max(p.StepItems, 1)) + 3 // begin, end, and the last of all
	fold := p.declaredSystem()
	pairs := func(layer, step, fold uint64) {
		steps = saturatingAdd(steps, saturatingAdd(layer, layer)/(step-min(fold, step-1))+1)
	}
	for d := range p.Layer {
		pairs(p.Layer[d], max(p.Step[d], 1), fold.Units[d])
	}
	read := p.Layer[metering.Read]
	pairs(read/max(p.keyAllowance(), 1)+items, uint64(max(p.MaxStepKeys, 1)), fold.Keys)
	pairs(read, uint64(max(p.MaxStepValueBytes, 1)), fold.ValueBytes)
	pairs(read, uint64(max(p.MaxStepCodeBytes, 1)), fold.CodeBytes)
	return steps
}

// What one execution may take of a machine that judges it, whatever the parameters: frames nest on
// the stack of the process, and pages are memory of it.
const (
	mostCallDepth = 1 << 10
	mostTxPages   = 1 << 18 // 1 GiB
)

func (p *Params) validateExecution(c *complaints) {
	c.check(p.MaxCallDepth > 0 && p.MaxCallDepth <= mostCallDepth,
		"MaxCallDepth is %d; 1 to %d allowed", p.MaxCallDepth, mostCallDepth)
	c.check(p.MaxMemoryPages > 0 && p.MaxMemoryPages <= p.MaxTxMemoryPages &&
		p.MaxTxMemoryPages <= mostTxPages,
		"MaxMemoryPages %d and MaxTxMemoryPages %d do not ascend from 1 to at most %d",
		p.MaxMemoryPages, p.MaxTxMemoryPages, mostTxPages)
	c.check(uint64(p.MaxBlobBytes)+uint64(p.MaxTxBytes) <= uint64(p.MaxInputBytes),
		"MaxBlobBytes %d and MaxTxBytes %d are above MaxInputBytes %d",
		p.MaxBlobBytes, p.MaxTxBytes, p.MaxInputBytes)
	c.check(p.MaxVerifyKeys > 0 && p.MaxVerifyKeys <= p.MaxTxKeys,
		"MaxVerifyKeys %d is not between 1 and MaxTxKeys %d", p.MaxVerifyKeys, p.MaxTxKeys)
}

// mostHeights bounds every number of layers and blocks, so that sums of some of them and of a
// height, and small multiples, fit 64 bits: a window that wrapped would be closed at once.
const mostHeights = 1 << 32

func (p *Params) validateLayers(c *complaints) {
	for _, f := range []struct {
		name  string
		value uint64
	}{
		{"MaxCarryDelay", p.MaxCarryDelay}, {"UnorderedWindow", p.UnorderedWindow},
		{"ChallengeWindow", p.ChallengeWindow}, {"ProveWindow", p.ProveWindow},
		{"MinClaimDepth", p.MinClaimDepth}, {"ReorgBound", p.ReorgBound},
		{"RetainBlocks", p.RetainBlocks}, {"BlockMillis", p.BlockMillis},
	} {
		c.check(f.value <= mostHeights, "%s %d is above %d", f.name, f.value, uint64(mostHeights))
	}
	c.check(p.OrderDelay == 1, "OrderDelay is %d; 1 allowed: layer h executes block h-1", p.OrderDelay)
	c.check(p.ForcedShareDivisor >= 2, "ForcedShareDivisor is %d; at least 2", p.ForcedShareDivisor)
	c.check(p.MaxCarryDelay > 0, "MaxCarryDelay is 0")
	c.check(p.UnorderedWindow > 0, "UnorderedWindow is 0")
	c.check(p.SeenPurgePerLayer > 0, "SeenPurgePerLayer is 0")
	c.check(p.MinByteFee > 0 && p.MinInclusionPrice > 0,
		"MinByteFee %d and MinInclusionPrice %d must not be 0", p.MinByteFee, p.MinInclusionPrice)
}
