package rollup

import (
	"crypto/ed25519"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// L1TxVersion is the version byte of the only format of L1 transactions.
const L1TxVersion = 1

// minL1TxBytes is less than the shortest L1 transaction: all but the payload.
const minL1TxBytes = 1 + 32 + 32 + 8 + 1 + ed25519.SignatureSize

// Encode returns the canonical encoding. A transaction without payload has none: that is a bug.
func (t *L1Tx) Encode() []byte {
	var e scale.Encoder
	t.encodeSigned(&e)
	e.Raw(t.Signature[:])
	return e.B
}

// ID names the transaction, signature included.
func (t *L1Tx) ID() Hash { return digest(domainL1TxID, t.Encode()) }

// From is the L1 account that sends, and pays for, the transaction.
func (t *L1Tx) From() address.Address { return L1Address(t.Sender) }

// SigningHash is what the sender signs.
func (t *L1Tx) SigningHash() Hash {
	var e scale.Encoder
	t.encodeSigned(&e)
	return digest(domainL1Tx, e.B)
}

// Sign sets Sender and Signature by the private key; all else must be set before.
func (t *L1Tx) Sign(priv ed25519.PrivateKey) {
	t.Sender = [32]byte(priv[32:])
	h := t.SigningHash()
	t.Signature = [ed25519.SignatureSize]byte(ed25519.Sign(priv, h[:]))
}

// VerifySignature reports whether Sender signed the transaction.
func (t *L1Tx) VerifySignature() bool {
	h := t.SigningHash()
	return ed25519.Verify(t.Sender[:], h[:], t.Signature[:])
}

func (t *L1Tx) encodeSigned(e *scale.Encoder) {
	if t.Payload == nil {
		panic("BUG: rollup: L1 transaction without a payload")
	}
	e.U8(L1TxVersion)
	e.Raw(t.ChainID[:])
	e.Raw(t.Sender[:])
	e.U64(t.Nonce)
	e.U8(uint8(t.Payload.Kind()))
	switch v := t.Payload.(type) {
	case *Transfer:
		e.Raw(v.To[:])
		e.U64(v.Amount)
	case *PostBundle:
		e.Bytes(v.Bundle)
		e.U64(v.Weight)
		e.U64(v.Bid)
	case *ForcedTx:
		e.Bytes(v.Tx)
	case *Deposit:
		v.encode(e)
	case *ClaimCommit:
		e.Raw(v.Commitment[:])
	case *PostClaim:
		v.Claim.encode(e)
		e.Raw(v.Salt[:])
	case *ChallengeOpen:
		e.Raw(v.ClaimID[:])
		e.U32(v.Step)
		e.Raw(v.Commitment[:])
	case *ChallengeProve:
		e.Raw(v.ClaimID[:])
		e.U32(v.Step)
		e.Raw(v.Salt[:])
		e.Bytes(v.Witness)
	case *WithdrawProve:
		v.encode(e)
	case *Upgrade:
		v.encode(e)
	default:
		panic("BUG: rollup: unknown L1 payload")
	}
}

// DecodeL1Tx reads an L1 transaction; it does not verify the signature. Bundles, forced
// transactions and witnesses inside stay bytes. The result aliases b. The error wraps a
// *RefusedError.
func DecodeL1Tx(b []byte, p *Params) (*L1Tx, error) {
	if err := tooLarge("L1 transaction", len(b), p.MaxL1TxBytes); err != nil {
		return nil, err
	}
	t := new(L1Tx)
	d := scale.NewDecoder(b)
	version(d, L1TxVersion)
	d.Fill(t.ChainID[:])
	d.Fill(t.Sender[:])
	t.Nonce = d.U64()
	t.Payload = decodeL1Payload(d, L1Kind(d.U8()), p)
	d.Fill(t.Signature[:])
	if err := finish("L1 transaction", d); err != nil {
		return nil, err
	}
	return t, nil
}

func decodeL1Payload(d *scale.Decoder, kind L1Kind, p *Params) L1Payload {
	switch kind {
	case L1Transfer:
		v := new(Transfer)
		d.Fill(v.To[:])
		v.Amount = d.U64()
		return v
	case L1PostBundle:
		v := &PostBundle{Bundle: vector(d, int(p.MaxBundleBytes))}
		v.Weight = d.U64()
		v.Bid = d.U64()
		return v
	case L1ForcedTx:
		return &ForcedTx{Tx: vector(d, int(p.MaxTxBytes))}
	case L1Deposit:
		v := new(Deposit)
		v.decode(d, p)
		return v
	case L1ClaimCommit:
		v := new(ClaimCommit)
		d.Fill(v.Commitment[:])
		return v
	case L1Claim:
		v := new(PostClaim)
		v.Claim.decode(d, p)
		d.Fill(v.Salt[:])
		return v
	case L1Upgrade:
		v := new(Upgrade)
		v.decode(d)
		return v
	default:
		return decodeL1Challenge(d, kind, p)
	}
}

func decodeL1Challenge(d *scale.Decoder, kind L1Kind, p *Params) L1Payload {
	switch kind {
	case L1ChallengeOpen:
		v := new(ChallengeOpen)
		d.Fill(v.ClaimID[:])
		v.Step = d.U32()
		d.Fill(v.Commitment[:])
		return v
	case L1ChallengeProve:
		v := new(ChallengeProve)
		d.Fill(v.ClaimID[:])
		v.Step = d.U32()
		d.Fill(v.Salt[:])
		v.Witness = vector(d, p.WitnessCap())
		return v
	case L1WithdrawProve:
		v := new(WithdrawProve)
		v.decode(d)
		return v
	default:
		d.Fail(refusef(ReasonL1UnknownKind, "payload of kind %d", uint8(kind)))
		return nil
	}
}
