package rollup

import (
	"encoding/binary"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// BundleVersion is the version byte of the only format of bundles.
const BundleVersion = 1

// EncodeBundle returns the encoding of a bundle of encoded transactions. CodecDeflate is a wish:
// the body stays raw where compression does not make it smaller, or makes it so small that decoders
// would refuse it. Which bytes the compressor makes is not part of the protocol.
func EncodeBundle(relay address.Address, codec BundleCodec, txs [][]byte, p *Params) []byte {
	b := Bundle{Relay: relay, Codec: CodecRaw, TxCount: uint32(len(txs)), Body: rawBody(txs)}
	if codec == CodecDeflate {
		out := newDeflater()
		writeColumns(out, txs, p)
		packed := out.body()
		longest := max(uint64(len(b.Body)), uint64(out.length)) // columns may be the longer of the two
		if len(packed) < len(b.Body) && longest <= expandLimit(len(packed)-4, p) {
			b.Codec, b.Body = CodecDeflate, packed
		}
	}
	return b.Encode()
}

// rawBody is the body of CodecRaw.
func rawBody(txs [][]byte) []byte {
	size := 0
	for _, tx := range txs {
		size += 4 + len(tx)
	}
	body := make([]byte, 0, size)
	for _, tx := range txs {
		body = binary.LittleEndian.AppendUint32(body, uint32(len(tx)))
		body = append(body, tx...)
	}
	return body
}

// Encode returns the canonical encoding.
func (b *Bundle) Encode() []byte {
	var e scale.Encoder
	e.B = make([]byte, 0, 1+address.Size+1+4+4+len(b.Body))
	e.U8(BundleVersion)
	e.Raw(b.Relay[:])
	e.U8(uint8(b.Codec))
	e.U32(b.TxCount)
	e.Bytes(b.Body)
	return e.B
}

// DecodeBundle reads a bundle; its body stays as it is. The result aliases b. The error wraps a
// *RefusedError.
func DecodeBundle(b []byte, p *Params) (*Bundle, error) {
	if err := tooLarge("bundle", len(b), p.MaxBundleBytes); err != nil {
		return nil, err
	}
	out := new(Bundle)
	d := scale.NewDecoder(b)
	version(d, BundleVersion)
	d.Fill(out.Relay[:])
	out.Codec = BundleCodec(d.U8())
	out.TxCount = d.U32()
	if d.Err() == nil {
		switch {
		case out.Relay.IsZero():
			d.Fail(refusef(ReasonMalformed, "no relay"))
		case out.Codec > CodecDeflate:
			d.Fail(refusef(ReasonBadCodec, "codec %d", uint8(out.Codec)))
		case out.TxCount > p.MaxBundleTxs:
			d.Fail(refusef(ReasonTooLarge, "%d transactions, at most %d allowed",
				out.TxCount, p.MaxBundleTxs))
		}
	}
	out.Body = vector(d, int(p.MaxBundleBytes))
	if err := finish("bundle", d); err != nil {
		return nil, err
	}
	return out, nil
}

// Txs returns the encoded transactions of the bundle, expanding the body if it is compressed. They
// need not decode, nor be within MaxTxBytes: that is each transaction's own affair. A length that
// no transaction can have, or a count that is not that of the body, refuses the bundle. The error
// wraps a *RefusedError.
func (b *Bundle) Txs(p *Params) ([][]byte, error) {
	var in inflater
	return b.txs(p, &in)
}

func (b *Bundle) txs(p *Params, in *inflater) ([][]byte, error) {
	switch {
	case b.Codec == CodecDeflate:
		body, err := in.inflate(b.Body, p)
		if err != nil {
			return nil, err
		}
		return in.columns.txs(body, b.TxCount, expandLimit(len(b.Body)-4, p))
	case b.Codec != CodecRaw:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: codec %d", uint8(b.Codec))
	case uint64(len(b.Body)) > uint64(p.MaxExpandedBytes):
		return nil, refusef(ReasonTooLarge, "rollup: bundle: body of %d bytes, at most %d allowed",
			len(b.Body), p.MaxExpandedBytes)
	}
	return split(b.Body, b.TxCount)
}

// split cuts a body into transactions.
func split(body []byte, count uint32) ([][]byte, error) {
	if uint64(count)*(4+minTxBytes) > uint64(len(body)) {
		return nil, refusef(ReasonBadCount, "rollup: bundle: %d transactions in %d bytes",
			count, len(body))
	}
	txs := make([][]byte, count)
	for i := range txs {
		if len(body) < 4 {
			return nil, refusef(ReasonBadCount, "rollup: bundle: ends before transaction %d of %d",
				i, count)
		}
		n := uint64(binary.LittleEndian.Uint32(body))
		if body = body[4:]; n < minTxBytes || n > uint64(len(body)) {
			return nil, refusef(ReasonBadCount, "rollup: bundle: transaction %d of %d bytes, %d left",
				i, n, len(body))
		}
		txs[i], body = body[:n:n], body[n:]
	}
	if len(body) > 0 {
		return nil, refusef(ReasonBadCount, "rollup: bundle: %d bytes after %d transactions",
			len(body), count)
	}
	return txs, nil
}
