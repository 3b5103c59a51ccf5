package rollup

import (
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// ParamsVersion is the version byte of the only format of parameters.
const ParamsVersion = 1

// fields calls the visitor with every field, in the order of the struct.
func (p *Params) fields(u32 func(*uint32), u64 func(*uint64), units func(*metering.Units)) {
	for _, f := range []any{
		&p.VMVersion, &p.EngineRevision,
		&p.MaxTxBytes, &p.MaxBundleBytes, &p.MaxExpandedBytes, &p.MaxBundleTxs, &p.MaxL1TxBytes,
		&p.MaxL1BlockBytes, &p.MaxCalls, &p.MaxAccessKeys, &p.MaxAuthBytes,
		&p.MaxTx, &p.Step, &p.Layer,
		&p.StepItems, &p.MaxTxKeys, &p.MaxStepKeys, &p.MaxTxValueBytes, &p.MaxStepValueBytes,
		&p.MaxCodeBytes, &p.MaxTxCodeBytes, &p.MaxStepCodeBytes, &p.SystemItem,
		&p.MaxSlotValueBytes, &p.MaxBlobBytes,
		&p.MaxVerify, &p.MaxVerifyKeys, &p.MaxCallDepth, &p.MaxMemoryPages, &p.MaxTxMemoryPages,
		&p.MaxInputBytes, &p.MaxReturnBytes, &p.MaxLogBytes, &p.MaxEventBytes, &p.MaxEvents,
		&p.MaxWithdrawals,
		&p.MaxMessageBytes,
		&p.Prices, &p.MinPrices, &p.PriceTarget, &p.PriceWindow, &p.PriceChange,
		&p.DepositPrice, &p.RentPrice, &p.RentHorizon, &p.SweepLeaves,
		&p.OrderDelay, &p.ForcedShareDivisor, &p.MaxCarryDelay, &p.MaxDepositsPerLayer,
		&p.MaxDepositUnits, &p.DepositShareDivisor,
		&p.MaxFinalPerLayer, &p.UnorderedWindow, &p.SeenPurgePerLayer,
		&p.MinByteFee, &p.MinInclusionPrice, &p.MinDeposit,
		&p.ClaimBond, &p.ChallengeBond, &p.ChallengeWindow, &p.ProveWindow, &p.MaxOpenClaims,
		&p.MaxLayersPerClaim, &p.MaxStepRoots, &p.MinClaimDepth, &p.VerdictsPerBlock, &p.ReorgBound,
		&p.RetainBlocks, &p.BlockMillis,
	} {
		switch v := f.(type) {
		case *uint32:
			u32(v)
		case *uint64:
			u64(v)
		case *metering.Units:
			units(v)
		}
	}
}

// Encode returns the canonical encoding: version u8, then every field in order, of fixed width.
func (p *Params) Encode() []byte {
	var e scale.Encoder
	p.encode(&e)
	return e.B
}

// Hash is what Header.ParamsHash commits to.
func (p *Params) Hash() Hash { return digest(domainParams, p.Encode()) }

func (p *Params) encode(e *scale.Encoder) {
	e.U8(ParamsVersion)
	p.fields(
		func(v *uint32) { e.U32(*v) },
		func(v *uint64) { e.U64(*v) },
		func(v *metering.Units) { encodeUnits(e, v) },
	)
}

// DecodeParams reads what Encode wrote; it does not validate. The error wraps a *RefusedError.
func DecodeParams(b []byte) (*Params, error) {
	p := new(Params)
	d := scale.NewDecoder(b)
	p.decode(d)
	if err := finish("parameters", d); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Params) decode(d *scale.Decoder) {
	version(d, ParamsVersion)
	p.fields(
		func(v *uint32) { *v = d.U32() },
		func(v *uint64) { *v = d.U64() },
		func(v *metering.Units) { decodeUnits(d, v) },
	)
}
