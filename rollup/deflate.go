package rollup

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
)

// A compressed body may expand to at most expandFactor times the stream plus expandSlack bytes, so
// that what a bundle costs its reader stays in proportion to what its relay paid for.
const (
	expandFactor = 16
	expandSlack  = 1024
)

// minBlockBytes is the length from which a block of its own is worth its header.
const minBlockBytes = 512

// expandLimit is the largest body that a stream of so many bytes may expand to.
func expandLimit(stream int, p *Params) uint64 {
	return min(uint64(p.MaxExpandedBytes), expandFactor*uint64(stream)+expandSlack)
}

// inflater expands bodies one after another with one set of tables.
type inflater struct {
	src     bytes.Reader
	r       io.ReadCloser
	columns columns
}

// inflate expands length u32 ‖ one RFC 1951 stream that ends in the body's last byte and yields
// exactly so many bytes. bytes.Reader reads single bytes, so that flate takes none beyond its
// stream.
func (in *inflater) inflate(body []byte, p *Params) ([]byte, error) {
	if len(body) < 4 {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: compressed body of %d bytes", len(body))
	}
	length, stream := binary.LittleEndian.Uint32(body), body[4:]
	if limit := expandLimit(len(stream), p); uint64(length) > limit {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expands to %d bytes, at most %d allowed",
			length, limit)
	}
	in.src.Reset(stream)
	if in.r == nil {
		in.r = flate.NewReader(&in.src)
	} else if err := in.r.(flate.Resetter).Reset(&in.src, nil); err != nil {
		panic("BUG: rollup: " + err.Error())
	}
	raw := make([]byte, length)
	if _, err := io.ReadFull(in.r, raw); err != nil {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expand: %w", err)
	}
	var over [1]byte
	switch n, err := io.ReadFull(in.r, over[:]); {
	case n > 0:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expands to more than %d bytes", length)
	case err != io.EOF:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: expand: %w", err)
	case in.src.Len() > 0:
		return nil, refusef(ReasonBadCodec, "rollup: bundle: %d bytes after the stream", in.src.Len())
	}
	return raw, nil
}

// deflater writes the body of CodecDeflate.
type deflater struct {
	out    bytes.Buffer
	w      *flate.Writer
	length uint32
	random bool // of what was written last
}

func newDeflater() *deflater {
	d := new(deflater)
	d.out.Write(make([]byte, 4))
	var err error
	d.w, err = flate.NewWriter(&d.out, flate.DefaultCompression)
	mustWrite(err)
	return d
}

// write adds bytes. Between random ones, which are stored, and others a new block begins, where
// that is worth it.
func (d *deflater) write(b []byte, random bool) {
	if random != d.random && len(b) >= minBlockBytes {
		mustWrite(d.w.Flush())
		d.random = random
	}
	_, err := d.w.Write(b)
	mustWrite(err)
	d.length += uint32(len(b))
}

// body ends the stream and returns the body.
func (d *deflater) body() []byte {
	mustWrite(d.w.Close())
	body := d.out.Bytes()
	binary.LittleEndian.PutUint32(body, d.length)
	return body
}

// mustWrite: writing to memory does not fail.
func mustWrite(err error) {
	if err != nil {
		panic("BUG: rollup: " + err.Error())
	}
}
