package rollup

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// Upgrade gives the network other parameters from the layer Activation on. Only Genesis.Governor
// may post one, long before. A higher EngineRevision in it says that the reference engine was
// repaired, so that steps that it could not judge are judged again. See docs/spec/params.md.
type Upgrade struct {
	Activation uint64
	Params     Params
}

// Kind implements L1Payload.
func (*Upgrade) Kind() L1Kind { return L1Upgrade }

func (u *Upgrade) encode(e *scale.Encoder) {
	e.U64(u.Activation)
	u.Params.encode(e)
}

func (u *Upgrade) decode(d *scale.Decoder) {
	u.Activation = d.U64()
	u.Params.decode(d)
}

// ValidateUpgrade returns everything that is wrong with next as the parameters after p: it must be
// valid, and nothing that was accepted under p may become unacceptable. So whatever is deployed,
// stored, signed, queued or claimed stays what it is, and the newest parameters of a network decode
// everything that its older ones did.
func (p *Params) ValidateUpgrade(next *Params) error {
	var c complaints
	if err := next.Validate(); err != nil {
		c = append(c, err)
	}
	for _, f := range p.growing(next) {
		c.check(f.before <= f.after, "%s shrinks from %d to %d", f.name, f.before, f.after)
	}
	for _, f := range []struct {
		name          string
		before, after metering.Units
	}{
		{"MaxTx", p.MaxTx, next.MaxTx},
		{"MaxVerify", p.MaxVerify, next.MaxVerify},
		{"MaxDepositUnits", p.MaxDepositUnits, next.MaxDepositUnits},
		{"the share of deposits", p.DepositShare(), next.DepositShare()},
		{"the forced share", p.ForcedShare(), next.ForcedShare()},
	} {
		for d := metering.Data; d < metering.Dimensions; d++ {
			c.check(f.before[d] <= f.after[d], "%v: %s shrinks from %d to %d",
				d, f.name, f.before[d], f.after[d])
		}
	}
	c.check(*p != *next, "nothing changes")
	return errors.Join(c...)
}

// growth is a limit before and after an upgrade.
type growth struct {
	name          string
	before, after uint64
}

// growing lists the limits that never shrink.
func (p *Params) growing(next *Params) []growth {
	var out []growth
	for _, f := range []struct {
		name string
		of   func(p *Params) uint32
	}{
		{"VMVersion", func(p *Params) uint32 { return p.VMVersion }},
		{"EngineRevision", func(p *Params) uint32 { return p.EngineRevision }},
		{"MaxTxBytes", func(p *Params) uint32 { return p.MaxTxBytes }},
		{"MaxBundleBytes", func(p *Params) uint32 { return p.MaxBundleBytes }},
		{"MaxExpandedBytes", func(p *Params) uint32 { return p.MaxExpandedBytes }},
		{"MaxBundleTxs", func(p *Params) uint32 { return p.MaxBundleTxs }},
		{"MaxL1TxBytes", func(p *Params) uint32 { return p.MaxL1TxBytes }},
		{"MaxL1BlockBytes", func(p *Params) uint32 { return p.MaxL1BlockBytes }},
		{"MaxCalls", func(p *Params) uint32 { return p.MaxCalls }},
		{"MaxAccessKeys", func(p *Params) uint32 { return p.MaxAccessKeys }},
		{"MaxAuthBytes", func(p *Params) uint32 { return p.MaxAuthBytes }},
		{"MaxTxKeys", func(p *Params) uint32 { return p.MaxTxKeys }},
		{"MaxStepKeys", func(p *Params) uint32 { return p.MaxStepKeys }},
		{"MaxTxValueBytes", func(p *Params) uint32 { return p.MaxTxValueBytes }},
		{"MaxStepValueBytes", func(p *Params) uint32 { return p.MaxStepValueBytes }},
		{"MaxCodeBytes", func(p *Params) uint32 { return p.MaxCodeBytes }},
		{"MaxTxCodeBytes", func(p *Params) uint32 { return p.MaxTxCodeBytes }},
		{"MaxStepCodeBytes", func(p *Params) uint32 { return p.MaxStepCodeBytes }},
		{"MaxSlotValueBytes", func(p *Params) uint32 { return p.MaxSlotValueBytes }},
		{"MaxBlobBytes", func(p *Params) uint32 { return p.MaxBlobBytes }},
		{"MaxVerifyKeys", func(p *Params) uint32 { return p.MaxVerifyKeys }},
		{"MaxCallDepth", func(p *Params) uint32 { return p.MaxCallDepth }},
		{"MaxMemoryPages", func(p *Params) uint32 { return p.MaxMemoryPages }},
		{"MaxTxMemoryPages", func(p *Params) uint32 { return p.MaxTxMemoryPages }},
		{"MaxInputBytes", func(p *Params) uint32 { return p.MaxInputBytes }},
		{"MaxReturnBytes", func(p *Params) uint32 { return p.MaxReturnBytes }},
		{"MaxLogBytes", func(p *Params) uint32 { return p.MaxLogBytes }},
		{"MaxEventBytes", func(p *Params) uint32 { return p.MaxEventBytes }},
		{"MaxEvents", func(p *Params) uint32 { return p.MaxEvents }},
		{"MaxWithdrawals", func(p *Params) uint32 { return p.MaxWithdrawals }},
		{"MaxMessageBytes", func(p *Params) uint32 { return p.MaxMessageBytes }},
		{"MaxDepositsPerLayer", func(p *Params) uint32 { return p.MaxDepositsPerLayer }},
		{"MaxFinalPerLayer", func(p *Params) uint32 { return p.MaxFinalPerLayer }},
		{"MaxOpenClaims", func(p *Params) uint32 { return p.MaxOpenClaims }},
		{"MaxLayersPerClaim", func(p *Params) uint32 { return p.MaxLayersPerClaim }},
		{"MaxStepRoots", func(p *Params) uint32 { return p.MaxStepRoots }},
	} {
		out = append(out, growth{f.name, uint64(f.of(p)), uint64(f.of(next))})
	}
	return append(out, growth{"MaxCarryDelay", p.MaxCarryDelay, next.MaxCarryDelay})
}

// UpgradeDelay is for how many blocks an upgrade is on L1 before it activates, at least: two windows
// of claims.
func (p *Params) UpgradeDelay() uint64 { return 2 * p.ChallengeWindow }

// String names the upgrade for people.
func (u *Upgrade) String() string {
	return fmt.Sprintf("parameters %s, machine %d, engine revision %d from layer %d",
		u.Params.Hash().Short(), u.Params.VMVersion, u.Params.EngineRevision, u.Activation)
}
