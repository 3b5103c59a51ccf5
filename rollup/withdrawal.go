package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// WithdrawalVersion is the version byte of the only format of withdrawals.
const WithdrawalVersion = 1

// maxMMRPath is the length of the longest path of a list of fewer than 2^64 leaves.
const maxMMRPath = 65

// Withdrawal is money that left Athena for an account of the L1: a leaf of the withdrawals list of
// its layer. Layer and Index name it. See docs/spec/bridge.md.
type Withdrawal struct {
	ChainID Hash
	Layer   uint64
	Index   uint64          // in the layer's list
	From    address.Address // Athena account
	To      address.Address // L1 account
	Amount  uint64
}

// Encode returns the canonical encoding: the leaf's bytes.
func (w *Withdrawal) Encode() []byte {
	var e scale.Encoder
	w.encode(&e)
	return e.B
}

// DecodeWithdrawal reads what Encode wrote. The error wraps a *RefusedError.
func DecodeWithdrawal(b []byte) (*Withdrawal, error) {
	w := new(Withdrawal)
	d := scale.NewDecoder(b)
	w.decode(d)
	if err := finish("withdrawal", d); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Withdrawal) encode(e *scale.Encoder) {
	e.U8(WithdrawalVersion)
	e.Raw(w.ChainID[:])
	e.U64(w.Layer)
	e.U64(w.Index)
	e.Raw(w.From[:])
	e.Raw(w.To[:])
	e.U64(w.Amount)
}

func (w *Withdrawal) decode(d *scale.Decoder) {
	version(d, WithdrawalVersion)
	d.Fill(w.ChainID[:])
	w.Layer = d.U64()
	w.Index = d.U64()
	d.Fill(w.From[:])
	d.Fill(w.To[:])
	w.Amount = d.U64()
}

// WithdrawProve unlocks a withdrawal on L1 for its recipient, whoever sends it. Record proves the
// sealed record of the withdrawal's layer in the final state after FinalLayer, and Path the
// withdrawal in the list whose root and length that record has.
type WithdrawProve struct {
	Withdrawal Withdrawal
	Path       []Hash
	FinalLayer uint64
	Record     []byte // statetree proof
}

// Encode returns the canonical encoding of the payload.
func (v *WithdrawProve) Encode() []byte {
	var e scale.Encoder
	v.encode(&e)
	return e.B
}

// DecodeWithdrawProve reads what Encode wrote. The error wraps a *RefusedError.
func DecodeWithdrawProve(b []byte) (*WithdrawProve, error) {
	v := new(WithdrawProve)
	d := scale.NewDecoder(b)
	v.decode(d)
	if err := finish("withdraw prove", d); err != nil {
		return nil, err
	}
	return v, nil
}

// Kind implements L1Payload.
func (*WithdrawProve) Kind() L1Kind { return L1WithdrawProve }

func (v *WithdrawProve) encode(e *scale.Encoder) {
	v.Withdrawal.encode(e)
	encodeHashes(e, v.Path)
	e.U64(v.FinalLayer)
	e.Bytes(v.Record)
}

func (v *WithdrawProve) decode(d *scale.Decoder) {
	v.Withdrawal.decode(d)
	v.Path = decodeHashes(d, maxMMRPath)
	v.FinalLayer = d.U64()
	v.Record = vector(d, MaxRecordProofBytes)
}

// MaxRecordProofBytes is more than a proof of one system record takes, whatever the shape of the
// tree.
const MaxRecordProofBytes = witnessKeyBytes + witnessSlack
