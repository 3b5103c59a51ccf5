package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

const (
	// minRows is how many transactions a shape has to have to be worth its description.
	minRows = 4
	// wordBytes is what is looked for as a word: what differs between addresses.
	wordBytes, wordPrefix = address.Size - 4, 4
	// wideBytes is the width from which a run of differing bytes is random (a signature, a hash), and
	// stays together. Of narrower ones, amounts and counters, each byte is a column of its own.
	wideBytes = 16
)

// writeColumns writes what columns reads. What shapes it finds is not part of the protocol.
//
// Transactions that are built alike have one shape. In it, the bytes that are equal in all of them
// are literals; 20 bytes that differ after 4 zero bytes are words, as addresses are; the rest are
// columns.
func writeColumns(out *deflater, txs [][]byte, p *Params) {
	kinds := make([]byte, len(txs))
	var shapes []*table
	for _, alike := range groups(txs, p) {
		if t := newTable(txs, alike); len(alike) >= minRows && len(shapes) < maxShapes && t != nil {
			shapes = append(shapes, t)
			for _, i := range alike {
				kinds[i] = byte(len(shapes))
			}
		}
	}
	var e scale.Encoder
	e.U8(uint8(len(shapes)))
	for _, t := range shapes {
		t.encode(&e)
	}
	e.Raw(kinds)
	out.write(e.B, false)
	names := map[string]int{}
	for _, t := range shapes {
		t.columns(out, names)
	}
	var others [][]byte
	for i, tx := range txs {
		if kinds[i] == 0 {
			others = append(others, tx)
		}
	}
	out.write(rawBody(others), false)
}

// groups returns the indices of transactions that are built alike, in the order of their first.
func groups(txs [][]byte, p *Params) [][]int {
	index := map[string]int{}
	var all [][]int
	for i, raw := range txs {
		t, refused := parseTx(raw, p)
		if refused != nil {
			continue
		}
		key := t.layout()
		at, known := index[key]
		if !known {
			at = len(all)
			index[key], all = at, append(all, nil)
		}
		all[at] = append(all[at], i)
	}
	return all
}

// layout tells transactions apart whose fields are at other places, or of another meaning.
func (t *Tx) layout() string {
	var e scale.Encoder
	e.U8(uint8(t.Nonce.Kind))
	e.Bool(t.Spawn != nil)
	if t.Spawn != nil {
		e.Len(len(t.Spawn.Args))
	}
	e.Len(len(t.Calls))
	for i := range t.Calls {
		e.Raw(t.Calls[i].Method[:])
		e.Len(len(t.Calls[i].Args))
	}
	e.Len(len(t.AccessList))
	e.Len(len(t.Auth))
	e.Len(len(t.SponsorAuth))
	return string(e.B)
}

// table is a shape and its transactions.
type table struct {
	shape
	rows [][]byte
}

// newTable finds the segments of transactions of one length; nil when they are too many.
func newTable(txs [][]byte, alike []int) *table {
	t := new(table)
	for _, i := range alike {
		t.rows = append(t.rows, txs[i])
	}
	first := t.rows[0]
	differs := make([]bool, len(first))
	for _, row := range t.rows[1:] {
		for i := range row {
			differs[i] = differs[i] || row[i] != first[i]
		}
	}
	for at := 0; at < len(first); {
		g := nextSegment(first, differs, at)
		t.segments = append(t.segments, g)
		at += g.width
	}
	if len(t.segments) > maxSegments {
		return nil
	}
	return t
}

func nextSegment(first []byte, differs []bool, at int) segment {
	run := at
	for run < len(differs) && differs[run] == differs[at] && run-at < 1<<16-1 {
		run++
	}
	if !differs[at] {
		return segment{segmentLiteral, run - at, first[at:run]}
	}
	switch {
	case isWord(first, differs, at):
		return segment{kind: segmentWord, width: wordBytes}
	case run-at >= wideBytes:
		return segment{kind: segmentColumn, width: run - at}
	}
	return segment{kind: segmentColumn, width: 1}
}

// isWord reports whether an address that differs may have its prefix before at. Of few addresses
// some bytes are equal by chance.
func isWord(first []byte, differs []bool, at int) bool {
	if at < wordPrefix || at+wordBytes > len(first) {
		return false
	}
	for i := at - wordPrefix; i < at; i++ {
		if differs[i] || first[i] != 0 {
			return false
		}
	}
	n := 0
	for _, d := range differs[at : at+wordBytes] {
		if d {
			n++
		}
	}
	return n >= wideBytes
}

func (t *table) encode(e *scale.Encoder) {
	e.U8(uint8(len(t.segments)))
	for _, g := range t.segments {
		e.U8(uint8(g.kind))
		e.U16(uint16(g.width))
		e.Raw(g.literal)
	}
}

// columns writes what differs.
func (t *table) columns(out *deflater, names map[string]int) {
	at := 0
	for _, g := range t.segments {
		switch g.kind {
		case segmentColumn:
			var data []byte
			for _, row := range t.rows {
				data = append(data, row[at:at+g.width]...)
			}
			out.write(data, g.width > 1)
		case segmentWord:
			t.words(out, names, at, g.width)
		}
		at += g.width
	}
}

// words writes the words at an offset of all rows.
func (t *table) words(out *deflater, names map[string]int, at, width int) {
	var low, high, fresh []byte
	for _, row := range t.rows {
		word := row[at : at+width]
		name, known := names[string(word)]
		if !known {
			if len(names) < namedWords {
				names[string(word)] = len(names) + 1
			}
			fresh = append(fresh, word...)
		}
		low, high = append(low, byte(name)), append(high, byte(name>>8))
	}
	out.write(low, false)
	out.write(high, false)
	out.write(fresh, true)
}
