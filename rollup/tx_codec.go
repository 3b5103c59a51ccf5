package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
)

// minTxBytes is the length of the shortest transaction that decodes: one call without arguments, no
// options, no auth.
const minTxBytes = 1 + 32 + 24 + 24 + 9 + 1 + (1 + 4 + 1) + 8 + 8*metering.Dimensions + 8 + 24 + 8 +
	1 + 2 + 2

const (
	minCallBytes   = 5
	accessKeyBytes = address.Size + 32
)

// SignedPart returns the encoding up to and with the lengths of the auths: what TxID and the
// signatures cover.
func (t *Tx) SignedPart() []byte {
	var e scale.Encoder
	e.B = make([]byte, 0, t.sizeHint())
	t.encodeSigned(&e)
	return e.B
}

// Encode returns the canonical encoding.
func (t *Tx) Encode() []byte {
	var e scale.Encoder
	e.B = make([]byte, 0, t.sizeHint()+len(t.Auth)+len(t.SponsorAuth))
	t.encodeSigned(&e)
	e.Raw(t.Auth)
	e.Raw(t.SponsorAuth)
	return e.B
}

// ID is the TxID: it names a transaction to users, and replay protection records it.
func (t *Tx) ID() Hash { return digest(domainTx, t.SignedPart()) }

// Hash is the TxHash: it names one concrete copy of a transaction, auths included.
func (t *Tx) Hash() Hash {
	id := t.ID()
	return digest(domainTxHash, id[:], t.Auth, t.SponsorAuth)
}

// SigningMessage is what verify of an account in the given role is asked to authorise.
func (t *Tx) SigningMessage(role Role) []byte {
	var e scale.Encoder
	e.B = make([]byte, 0, len(domainSigning)+1+t.sizeHint())
	e.Raw([]byte(domainSigning))
	e.U8(uint8(role))
	t.encodeSigned(&e)
	return e.B
}

// sizeHint is at least the length of the signed part.
func (t *Tx) sizeHint() int {
	n := minTxBytes + 8 + accessKeyBytes*len(t.AccessList)
	if t.Spawn != nil {
		n += address.Size + 4 + len(t.Spawn.Args)
	}
	for i := range t.Calls {
		n += minCallBytes + 3 + len(t.Calls[i].Args)
	}
	return n
}

func (t *Tx) encodeSigned(e *scale.Encoder) {
	e.U8(TxVersion)
	e.Raw(t.ChainID[:])
	e.Raw(t.Principal[:])
	e.Raw(t.Sponsor[:])
	e.U8(uint8(t.Nonce.Kind))
	e.U64(t.Nonce.Value)
	e.Bool(t.Spawn != nil)
	if t.Spawn != nil {
		e.Raw(t.Spawn.Template[:])
		e.Bytes(t.Spawn.Args)
	}
	e.Len(len(t.Calls))
	for i := range t.Calls {
		e.Raw(t.Calls[i].Method[:])
		e.Bytes(t.Calls[i].Args)
	}
	e.U64(t.MaxFee)
	encodeUnits(e, &t.MaxUnits)
	e.U64(t.RelayTip)
	e.Raw(t.Relay[:])
	e.U64(t.ExpiryLayer)
	e.Len(len(t.AccessList))
	for i := range t.AccessList {
		e.Raw(t.AccessList[i].Account[:])
		e.Raw(t.AccessList[i].Slot[:])
	}
	e.U16(uint16(len(t.Auth)))
	e.U16(uint16(len(t.SponsorAuth)))
}

// DecodeTx reads a transaction and checks all that its own bytes decide. What depends on the layer
// (chain, expiry, relay, declared limits) is Derive's. The result aliases b.
func DecodeTx(b []byte, p *Params) (*Tx, Reason, error) {
	t, err := parseTx(b, p)
	if err != nil {
		return nil, err.Reason, err.Err
	}
	return t, ReasonNone, nil
}

// parseTx is DecodeTx without an error for people.
func parseTx(b []byte, p *Params) (*Tx, *RefusedError) {
	t := new(Tx)
	if _, refused := t.parse(b, p); refused != nil {
		return nil, refused
	}
	return t, nil
}

// parse decodes into t, which is zero; it returns the length of the signed part.
func (t *Tx) parse(b []byte, p *Params) (signed int, refused *RefusedError) {
	if uint64(len(b)) > uint64(p.MaxTxBytes) {
		return 0, refusef(ReasonTooLarge, "rollup: transaction: %d bytes, at most %d allowed",
			len(b), p.MaxTxBytes)
	}
	d := scale.NewDecoder(b)
	authLen, sponsorAuthLen := t.decodeSigned(d, p)
	if d.Err() == nil {
		if r := t.check(); r != nil {
			d.Fail(r)
		}
	}
	signed = d.Offset()
	t.decodeAuth(d, authLen, sponsorAuthLen, p)
	if err := d.Finish(); err != nil {
		return 0, refusal("transaction", err)
	}
	return signed, nil
}

func (t *Tx) decodeSigned(d *scale.Decoder, p *Params) (authLen, sponsorAuthLen int) {
	version(d, TxVersion)
	d.Fill(t.ChainID[:])
	d.Fill(t.Principal[:])
	d.Fill(t.Sponsor[:])
	t.Nonce.Kind = NonceKind(d.U8())
	t.Nonce.Value = d.U64()
	if t.Nonce.Kind > NonceUnordered {
		d.Fail(refusef(ReasonMalformed, "nonce of kind %d", t.Nonce.Kind))
	}
	if d.Bool() {
		t.Spawn = new(Spawn)
		d.Fill(t.Spawn.Template[:])
		t.Spawn.Args = vector(d, int(p.MaxTxBytes))
	}
	if n := count(d, int(p.MaxCalls), minCallBytes); n > 0 {
		t.Calls = make([]Call, n)
	}
	for i := range t.Calls {
		d.Fill(t.Calls[i].Method[:])
		t.Calls[i].Args = vector(d, int(p.MaxTxBytes))
	}
	t.MaxFee = d.U64()
	decodeUnits(d, &t.MaxUnits)
	t.RelayTip = d.U64()
	d.Fill(t.Relay[:])
	t.ExpiryLayer = d.U64()
	if n := count(d, int(p.MaxAccessKeys), accessKeyBytes); n > 0 {
		t.AccessList = make([]AccessKey, n)
	}
	for i := range t.AccessList {
		d.Fill(t.AccessList[i].Account[:])
		d.Fill(t.AccessList[i].Slot[:])
	}
	return int(d.U16()), int(d.U16())
}

// check holds the rules that relate fields of one transaction.
func (t *Tx) check() *RefusedError {
	switch {
	case !t.Sponsor.IsZero() && t.Sponsor == t.Principal:
		return refusef(ReasonSelfSponsor, "the sponsor is the principal")
	case len(t.Calls) == 0 && t.Spawn == nil:
		return refusef(ReasonNoCalls, "neither calls nor a spawn")
	case t.Nonce.Kind != NonceUnordered && t.Nonce.Value == ^uint64(0):
		return refusef(ReasonBadNonce, "nonce 2^64-1 has no successor")
	}
	return nil
}

// decodeAuth reads the auths, whose lengths are signed.
func (t *Tx) decodeAuth(d *scale.Decoder, authLen, sponsorAuthLen int, p *Params) {
	switch {
	case d.Err() != nil:
		return
	case authLen > int(p.MaxAuthBytes) || sponsorAuthLen > int(p.MaxAuthBytes):
		d.Fail(refusef(ReasonTooLarge, "auths of %d and %d bytes, at most %d allowed",
			authLen, sponsorAuthLen, p.MaxAuthBytes))
		return
	case sponsorAuthLen > 0 && t.Sponsor.IsZero():
		d.Fail(refusef(ReasonBadAuthLen, "sponsor auth without a sponsor"))
		return
	case authLen+sponsorAuthLen != d.Remaining():
		d.Fail(refusef(ReasonBadAuthLen, "auths have %d bytes, signed are %d and %d",
			d.Remaining(), authLen, sponsorAuthLen))
		return
	}
	if authLen > 0 {
		t.Auth = d.Raw(authLen)
	}
	if sponsorAuthLen > 0 {
		t.SponsorAuth = d.Raw(sponsorAuthLen)
	}
}

func encodeUnits(e *scale.Encoder, u *metering.Units) {
	for _, v := range u {
		e.U64(v)
	}
}

func decodeUnits(d *scale.Decoder, u *metering.Units) {
	for i := range u {
		u[i] = d.U64()
	}
}
