package rollup

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// ClaimVersion is the version byte of the only format of claims.
const ClaimVersion = 1

// Encode returns the canonical encoding.
func (c *Claim) Encode() []byte {
	var e scale.Encoder
	c.encode(&e)
	return e.B
}

// ID is the ClaimID.
func (c *Claim) ID() Hash { return digest(domainClaim, c.Encode()) }

func (c *Claim) encode(e *scale.Encoder) {
	e.U8(ClaimVersion)
	e.Raw(c.Executor[:])
	e.Raw(c.Reward[:])
	e.U64(c.FromLayer)
	e.U64(c.ToLayer)
	e.Raw(c.L1BlockHash[:])
	e.Raw(c.PreRoot[:])
	encodeHashes(e, c.StepRoots)
	e.U32(c.VMVersion)
}

// DecodeClaim reads a claim. The error wraps a *RefusedError.
func DecodeClaim(b []byte, p *Params) (*Claim, error) {
	if err := tooLarge("claim", len(b), p.MaxL1TxBytes); err != nil {
		return nil, err
	}
	c := new(Claim)
	d := scale.NewDecoder(b)
	c.decode(d, p)
	if err := finish("claim", d); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Claim) decode(d *scale.Decoder, p *Params) {
	version(d, ClaimVersion)
	d.Fill(c.Executor[:])
	d.Fill(c.Reward[:])
	c.FromLayer = d.U64()
	c.ToLayer = d.U64()
	d.Fill(c.L1BlockHash[:])
	d.Fill(c.PreRoot[:])
	c.StepRoots = decodeHashes(d, int(p.MaxStepRoots))
	c.VMVersion = d.U32()
}

func encodeHashes(e *scale.Encoder, hs []Hash) {
	e.Len(len(hs))
	for i := range hs {
		e.Raw(hs[i][:])
	}
}

func decodeHashes(d *scale.Decoder, limit int) []Hash {
	n := count(d, limit, len(Hash{}))
	if n == 0 {
		return nil
	}
	hs := make([]Hash, n)
	for i := range hs {
		d.Fill(hs[i][:])
	}
	return hs
}

// CommitHash is the commitment of a ClaimCommit; claim is the ClaimID. It binds the executor, so
// that a copied claim cannot be shown by another one.
func CommitHash(executor address.Address, salt, claim Hash) Hash {
	return digest(domainCommit, executor[:], salt[:], claim[:])
}

// OpenHash is the commitment of a ChallengeOpen; witness is the WitnessHash. It binds the
// challenger, so that a copied proof cannot be shown by another one.
func OpenHash(
	chainID, claimID Hash, step uint32, challenger address.Address, salt, witness Hash,
) Hash {
	var s [4]byte
	binary.LittleEndian.PutUint32(s[:], step)
	return digest(domainOpen, chainID[:], claimID[:], s[:], challenger[:], salt[:], witness[:])
}

// WitnessHash is H(witness): what a ChallengeOpen commits to.
func WitnessHash(witness []byte) Hash { return sha256.Sum256(witness) }
