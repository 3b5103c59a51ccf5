package rollup

import (
	"crypto/ed25519"

	"github.com/athenarollup/athena/scale"
)

// SignEd25519 sets Auth to the 64-byte signature of the principal. Everything else, the length of
// SponsorAuth included, is signed and must be final: a sponsored transaction is first given a
// SponsorAuth of the right length (ReserveSponsor).
func (t *Tx) SignEd25519(priv ed25519.PrivateKey) {
	t.Auth = make([]byte, ed25519.SignatureSize)
	t.Auth = ed25519.Sign(priv, t.SigningMessage(RolePrincipal))
}

// ReserveSponsor gives SponsorAuth the length of an Ed25519 signature, for the principal to sign.
func (t *Tx) ReserveSponsor() { t.SponsorAuth = make([]byte, ed25519.SignatureSize) }

// SignSponsorEd25519 sets SponsorAuth to the 64-byte signature of the sponsor. Auth must have its
// final length, but may be signed later.
func (t *Tx) SignSponsorEd25519(priv ed25519.PrivateKey) {
	t.ReserveSponsor()
	t.SponsorAuth = ed25519.Sign(priv, t.SigningMessage(RoleSponsor))
}

// EncodeCallPayload returns the payload of a call between accounts, SCALE {selector: Option<[u8;
// 4]>, input: Vec<u8>}; see docs/spec/abi.md. Without selector and input it is a pure transfer.
func EncodeCallPayload(selector *[4]byte, input []byte) []byte {
	var e scale.Encoder
	e.Bool(selector != nil)
	if selector != nil {
		e.Raw(selector[:])
	}
	e.Bytes(input)
	return e.B
}
