package rollup

import (
	"fmt"

	"github.com/athenarollup/athena/scale"
)

// segmentKind says where the bytes of a segment come from.
type segmentKind uint8

const (
	segmentLiteral segmentKind = 0 // from the shape: the same in all its transactions
	segmentColumn  segmentKind = 1 // from the shape's columns: those of one after the other
	segmentWord    segmentKind = 2 // a word of the bundle, by its name, or a new one
)

const (
	// namedWords is how many words have a name: the first ones. Name 0 is a new word's.
	namedWords = 1<<16 - 1
	// maxShapes and maxSegments, of a shape, are what a byte counts.
	maxShapes, maxSegments = 1<<8 - 1, 1<<8 - 1
)

// segment is a run of bytes at one place of all transactions of a shape.
type segment struct {
	kind    segmentKind
	width   int    // not 0
	literal []byte // of segmentLiteral
}

// shape is what some transactions of a bundle have in common: the order and width of their
// segments.
type shape struct {
	segments []segment
	size     int    // of each of its transactions: the sum of the widths
	rows     int    // the number of its transactions
	table    []byte // its transactions one after the other, as far as they were not handed out
}

// columns reads transactions that were taken apart: the inflated body of CodecDeflate. It is read
// once, from the front, and each byte of the transactions is written once. The zero value is ready;
// used again, it keeps its memory. See docs/spec/codec.md.
type columns struct {
	shapes []shape
	words  [][]byte // that have a name: words[0] has name 1
}

// txs returns the transactions of b, whose raw body may have at most limit bytes: nothing is
// allocated for them before that is known. The result aliases b. The error wraps a *RefusedError.
func (c *columns) txs(b []byte, count uint32, limit uint64) ([][]byte, error) {
	d := scale.NewDecoder(b)
	c.readShapes(d)
	kinds := d.Raw(int(count))
	whole, shaped, raw := uint32(0), 0, uint64(0)
	for _, k := range kinds {
		switch {
		case k == 0:
			whole++
		case int(k) > len(c.shapes):
			d.Fail(fmt.Errorf("shape %d of %d", k, len(c.shapes)))
		default:
			c.shapes[k-1].rows++
			shaped += c.shapes[k-1].size
			raw += 4 + uint64(c.shapes[k-1].size)
		}
	}
	if raw > limit {
		d.Fail(fmt.Errorf("expands to more than the %d bytes allowed", limit))
	}
	if d.Err() == nil {
		c.fill(d, make([]byte, shaped))
	}
	rest := d.Raw(d.Remaining())
	if raw+uint64(len(rest)) > limit {
		d.Fail(fmt.Errorf("expands to more than the %d bytes allowed", limit))
	}
	if d.Err() != nil {
		return nil, refusef(ReasonBadCodec, "rollup: bundle: columns: %w", d.Err())
	}
	others, err := split(rest, whole)
	if err != nil {
		return nil, err
	}
	return c.collect(kinds, others)
}

// readShapes reads count u8 ‖ shapes, each count u8 ‖ segments, each kind u8 ‖ width u16 ‖ the
// bytes of a literal.
func (c *columns) readShapes(d *scale.Decoder) {
	c.shapes, c.words = make([]shape, d.U8()), c.words[:0]
	for i := range c.shapes {
		s := &c.shapes[i]
		s.segments = make([]segment, d.U8())
		for j := range s.segments {
			g := &s.segments[j]
			g.kind, g.width = segmentKind(d.U8()), int(d.U16())
			if g.kind > segmentWord || g.width == 0 {
				d.Fail(fmt.Errorf("segment of kind %d and width %d", g.kind, g.width))
				return
			}
			if g.kind == segmentLiteral {
				g.literal = d.Raw(g.width)
			}
			s.size += g.width
		}
	}
}

// fill writes the transactions of all shapes into buf, which is as long as they are together.
func (c *columns) fill(d *scale.Decoder, buf []byte) {
	for i := range c.shapes {
		s := &c.shapes[i]
		n := s.rows * s.size
		s.table, buf = buf[:n:n], buf[n:]
		at := 0
		for j := range s.segments {
			g := &s.segments[j]
			switch g.kind {
			case segmentLiteral:
				for row := at; row < n; row += s.size {
					copy(s.table[row:], g.literal)
				}
			case segmentColumn:
				c.fillColumn(d, s, at, g.width)
			case segmentWord:
				c.fillWords(d, s, at, g.width)
			}
			at += g.width
		}
	}
}

// fillColumn writes the segment at an offset of all transactions of a shape: their bytes follow.
func (c *columns) fillColumn(d *scale.Decoder, s *shape, at, width int) {
	data := d.Raw(s.rows * width)
	if width == 1 {
		for i, b := range data {
			s.table[at+i*s.size] = b
		}
		return
	}
	for ; len(data) > 0; at, data = at+s.size, data[width:] {
		copy(s.table[at:], data[:width])
	}
}

// fillWords does the same for names: what follows are their low bytes, their high bytes, and the
// new words.
func (c *columns) fillWords(d *scale.Decoder, s *shape, at, width int) {
	low, high := d.Raw(s.rows), d.Raw(s.rows)
	if high == nil {
		return
	}
	for i := range low {
		var word []byte
		switch name := int(low[i]) | int(high[i])<<8; {
		case name == 0:
			if word = d.Raw(width); len(c.words) < namedWords {
				c.words = append(c.words, word)
			}
		case name > len(c.words):
			d.Fail(fmt.Errorf("word %d of %d", name, len(c.words)))
		default:
			word = c.words[name-1]
		}
		if len(word) != width {
			d.Fail(fmt.Errorf("word of %d bytes in a segment of %d", len(word), width))
			return
		}
		copy(s.table[at+i*s.size:], word)
	}
}

// collect hands out the transactions in the order of the bundle; others are those without a shape.
func (c *columns) collect(kinds []byte, others [][]byte) ([][]byte, error) {
	txs := make([][]byte, len(kinds))
	for i, k := range kinds {
		if k == 0 {
			txs[i], others = others[0], others[1:]
			continue
		}
		s := &c.shapes[k-1]
		if s.size < minTxBytes {
			return nil, refusef(ReasonBadCount, "rollup: bundle: transaction %d of %d bytes", i, s.size)
		}
		txs[i], s.table = s.table[:s.size:s.size], s.table[s.size:]
	}
	return txs, nil
}
