package rollup

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// BundleVersion is the version byte of the only format of bundles.
const BundleVersion = 1

// A compressed body may expand to at most expandFactor times the stream plus expandSlack bytes, so
// that what a bundle costs its reader stays in proportion to what its relay paid for.
const (
	expandFactor = 16
	expandSlack  = 1024
)

// EncodeBundle returns the encoding of a bundle of encoded transactions. CodecDeflate is a wish:
// the body stays raw where compression does not make it smaller, or makes it so small that decoders
// would refuse it. Which bytes the compressor makes is not part of the protocol.
func EncodeBundle(relay address.Address, codec BundleCodec, txs [][]byte, p *Params) []byte {
	size := 0
	for _, tx := range txs {
		size += 4 + len(tx)
	}
	body := make([]byte, 0, size)
	for _, tx := range txs {
		body = binary.LittleEndian.AppendUint32(body, uint32(len(tx)))
		body = append(body, tx...)
	}
	b := Bundle{Relay: relay, Codec: CodecRaw, TxCount: uint32(len(txs)), Body: body}
	if codec == CodecDeflate {
		packed := deflate(body)
		if len(packed) < len(body) && uint64(len(body)) <= expandLimit(len(packed)-4, p) {
			b.Codec, b.Body = CodecDeflate, packed
		}
	}
	return b.Encode()
}

// deflate returns the body of CodecDeflate.
func deflate(raw []byte) []byte {
	var out bytes.Buffer
	out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(raw))))
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		panic("BUG: rollup: " + err.Error())
	}
	if _, err := w.Write(raw); err != nil {
		panic("BUG: rollup: " + err.Error())
	}
	if err := w.Close(); err != nil {
		panic("BUG: rollup: " + err.Error())
	}
	return out.Bytes()
}

// expandLimit is the largest body that a stream of so many bytes may expand to.
func expandLimit(stream int, p *Params) uint64 {
	return min(uint64(p.MaxExpandedBytes), expandFactor*uint64(stream)+expandSlack)
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
	body := b.Body
	switch {
	case b.Codec == CodecDeflate:
		var err error
		if body, err = in.inflate(b.Body, p); err != nil {
			return nil, err
		}
	case b.Codec != CodecRaw:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: codec %d", uint8(b.Codec))
	case uint64(len(body)) > uint64(p.MaxExpandedBytes):
		return nil, refusef(ReasonTooLarge, "rollup: bundle: body of %d bytes, at most %d allowed",
			len(body), p.MaxExpandedBytes)
	}
	return split(body, b.TxCount)
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

// inflater expands bodies one after another with one set of tables.
type inflater struct {
	src bytes.Reader
	r   io.ReadCloser
}

// inflate expands rawLen u32 ‖ one RFC 1951 stream that ends in the body's last byte and yields
// exactly rawLen bytes. bytes.Reader reads single bytes, so that flate takes none beyond its
// stream.
func (in *inflater) inflate(body []byte, p *Params) ([]byte, error) {
	if len(body) < 4 {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: compressed body of %d bytes", len(body))
	}
	rawLen, stream := binary.LittleEndian.Uint32(body), body[4:]
	if limit := expandLimit(len(stream), p); uint64(rawLen) > limit {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expands to %d bytes, at most %d allowed",
			rawLen, limit)
	}
	in.src.Reset(stream)
	if in.r == nil {
		in.r = flate.NewReader(&in.src)
	} else if err := in.r.(flate.Resetter).Reset(&in.src, nil); err != nil {
		panic("BUG: rollup: " + err.Error())
	}
	raw := make([]byte, rawLen)
	if _, err := io.ReadFull(in.r, raw); err != nil {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expand: %w", err)
	}
	var over [1]byte
	switch n, err := io.ReadFull(in.r, over[:]); {
	case n > 0:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expands to more than %d bytes", rawLen)
	case err != io.EOF:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expand: %w", err)
	case in.src.Len() > 0:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: %d bytes after the stream", in.src.Len())
	}
	return raw, nil
}
