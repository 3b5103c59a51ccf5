package dispute

import (
	"bytes"
	"fmt"
	"math"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/scale"
)

// MaxEvidenceBytes is the size of the largest evidence: an L1 block, a carry, a witness and a claim
// of the largest parameters that anybody uses, twice over.
const MaxEvidenceBytes = 64 << 20

const (
	// evidenceMagic begins every file of evidence; the last byte is the version of the format.
	evidenceMagic = "athena-evidence\x01"
	// maxMessageBytes is the longest message; more is cut off.
	maxMessageBytes = 4096
)

// Encode returns the canonical encoding: magic, kind u8, message Vec<u8>, chain id, parameters,
// header, source, carry, step u32, the three roots, claim, difference and witness. What may be
// absent and what has an encoding of its own is a Vec<u8>, empty when absent.
func (e *Evidence) Encode() []byte {
	var w scale.Encoder
	w.Raw([]byte(evidenceMagic))
	w.U8(uint8(e.Kind))
	w.Bytes([]byte(e.Message[:min(len(e.Message), maxMessageBytes)]))
	w.Raw(e.ChainID[:])
	w.Bytes(e.Params.Encode())
	w.Bytes(e.Header.Encode())
	if e.Source != nil {
		w.Bytes(e.Source.Encode())
	} else {
		w.Bytes(nil)
	}
	w.Bytes(e.Carry.Encode())
	w.U32(e.Step)
	w.Raw(e.PreRoot[:])
	w.Raw(e.Own[:])
	w.Raw(e.Claimed[:])
	if e.Claim != nil {
		w.Bytes(e.Claim.Encode())
	} else {
		w.Bytes(nil)
	}
	w.Bytes(e.Differ.encode())
	w.Bytes(e.Witness)
	return w.B
}

func (d *Difference) encode() []byte {
	if d == nil {
		return nil
	}
	var w scale.Encoder
	w.Raw(d.Key[:])
	for _, v := range [][]byte{d.Own, d.Claimed} {
		w.Bool(v != nil)
		w.Bytes(v)
	}
	return w.B
}

// DecodeEvidence reads what Encode wrote. It refuses parameters that no network can have, since
// they bound everything that is done with the rest. The result aliases b.
func DecodeEvidence(b []byte) (*Evidence, error) {
	bad := func(err error) (*Evidence, error) {
		return nil, fmt.Errorf("dispute: evidence does not decode: %w", err)
	}
	if len(b) > MaxEvidenceBytes {
		return bad(fmt.Errorf("%d bytes, at most %d are allowed", len(b), MaxEvidenceBytes))
	}
	if !bytes.HasPrefix(b, []byte(evidenceMagic)) {
		return bad(fmt.Errorf("it does not begin with %q", evidenceMagic))
	}
	e := new(Evidence)
	d := scale.NewDecoder(b[len(evidenceMagic):])
	e.Kind = Kind(d.U8())
	e.Message = string(d.Bytes(maxMessageBytes))
	d.Fill(e.ChainID[:])
	params := d.Bytes(math.MaxInt32)
	header := d.Bytes(math.MaxInt32)
	source := d.Bytes(math.MaxInt32)
	carry := d.Bytes(math.MaxInt32)
	e.Step = d.U32()
	d.Fill(e.PreRoot[:])
	d.Fill(e.Own[:])
	d.Fill(e.Claimed[:])
	claim := d.Bytes(math.MaxInt32)
	differ := d.Bytes(math.MaxInt32)
	e.Witness = d.Bytes(math.MaxInt32)
	if err := d.Finish(); err != nil {
		return bad(err)
	}
	if int(e.Kind) >= len(kinds) {
		return bad(fmt.Errorf("unknown %v", e.Kind))
	}
	if err := e.decodeParts(params, header, source, carry, claim); err != nil {
		return bad(err)
	}
	var err error
	if e.Differ, err = decodeDifference(differ); err != nil {
		return bad(err)
	}
	return e, nil
}

// decodeParts reads the parts whose limits are in the parameters.
func (e *Evidence) decodeParts(params, header, source, carry, claim []byte) error {
	p, err := rollup.DecodeParams(params)
	if err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	h, err := rollup.DecodeHeader(header, p)
	if err != nil {
		return err
	}
	c, err := rollup.DecodeCarry(carry)
	if err != nil {
		return err
	}
	if len(source) > 0 {
		if e.Source, err = rollup.DecodeLayer(source, p); err != nil {
			return err
		}
	}
	if len(claim) > 0 {
		if e.Claim, err = rollup.DecodeClaim(claim, p); err != nil {
			return err
		}
	}
	if len(e.Witness) > p.WitnessCap() {
		return fmt.Errorf("witness of %d bytes, at most %d are allowed", len(e.Witness),
			p.WitnessCap())
	}
	e.Params, e.Header, e.Carry = *p, *h, *c
	return nil
}

func decodeDifference(b []byte) (*Difference, error) {
	if len(b) == 0 {
		return nil, nil
	}
	out := new(Difference)
	d := scale.NewDecoder(b)
	d.Fill(out.Key[:])
	for _, v := range []*[]byte{&out.Own, &out.Claimed} {
		present := d.Bool()
		value := d.Bytes(statetree.MaxValueBytes)
		switch {
		case present:
			*v = append([]byte{}, value...)
		case len(value) > 0:
			d.Fail(fmt.Errorf("%w: a value that is absent has bytes", ErrEvidence))
		}
	}
	if err := d.Finish(); err != nil {
		return nil, err
	}
	return out, nil
}
