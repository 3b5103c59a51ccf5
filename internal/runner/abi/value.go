package abi

import (
	"encoding/hex"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// Namer gives addresses the names that people know them by; nil shows them in bech32.
type Namer func(address.Address) string

// Bounds on what a description, which anybody can write, may make the reader do.
const (
	maxNesting  = 32
	maxElements = 64 // of a list that are shown
	maxValues   = 1 << 14
)

// reader shows values by their type. After a misfit it is bad and returns rubbish.
type reader struct {
	d      *scale.Decoder
	namer  Namer
	bad    bool
	nested int
	values int
}

func newReader(b []byte, n Namer) *reader { return &reader{d: scale.NewDecoder(b), namer: n} }

func (r *reader) done() bool { return !r.bad && r.d.Finish() == nil }

// value reads and shows a value of the given type.
func (r *reader) value(typ string) string {
	r.nested++
	r.values++
	defer func() { r.nested-- }()
	if r.nested > maxNesting || r.values > maxValues || r.bad || r.d.Err() != nil {
		r.bad = true
		return ""
	}
	s := r.shape(strings.TrimSpace(typ))
	r.bad = r.bad || r.d.Err() != nil
	return s
}

func (r *reader) shape(typ string) string {
	switch typ {
	case "bool":
		return strconv.FormatBool(r.d.Bool())
	case "String":
		return strconv.Quote(string(r.d.Bytes(r.d.Remaining())))
	case "Address":
		var a address.Address
		r.d.Fill(a[:])
		if r.namer != nil {
			return r.namer(a)
		}
		return a.String()
	case "Vec<u8>":
		return "0x" + hex.EncodeToString(r.d.Bytes(r.d.Remaining()))
	case "()":
		return "()"
	}
	if bits, err := strconv.Atoi(typ[min(1, len(typ)):]); err == nil {
		return r.integer(typ[0], bits)
	}
	switch {
	case strings.HasPrefix(typ, "["):
		return r.array(typ)
	case strings.HasPrefix(typ, "("):
		return "(" + r.list(inside(typ, ")")) + ")"
	case strings.HasPrefix(typ, "Vec<"):
		return r.vector(inside(typ, ">"))
	case strings.HasPrefix(typ, "Option<"):
		if !r.d.Bool() {
			return "None"
		}
		return "Some(" + r.value(inside(typ, ">")) + ")"
	}
	return r.named(typ)
}

func (r *reader) integer(sign byte, bits int) string {
	if sign != 'u' && sign != 'i' || !slices.Contains([]int{8, 16, 32, 64, 128}, bits) {
		r.bad = true
		return ""
	}
	b := slices.Clone(r.d.Raw(bits / 8))
	slices.Reverse(b)
	v := new(big.Int).SetBytes(b)
	if sign == 'i' && v.Bit(bits-1) == 1 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	}
	return v.String()
}

// array is [T;N].
func (r *reader) array(typ string) string {
	elem, length, ok := cutLast(inside(typ, "]"), ';')
	n, err := strconv.Atoi(strings.TrimSpace(length))
	if !ok || err != nil || n < 0 || n > r.d.Remaining() {
		r.bad = true
		return ""
	}
	if elem == "u8" {
		return "0x" + hex.EncodeToString(r.d.Raw(n))
	}
	return r.elements(elem, n)
}

func (r *reader) vector(elem string) string {
	return r.elements(elem, r.d.Len(maxValues))
}

func (r *reader) elements(elem string, n int) string {
	var shown []string
	for i := 0; i < n && !r.bad; i++ {
		s := r.value(elem)
		switch {
		case i < maxElements:
			shown = append(shown, s)
		case i == maxElements:
			shown = append(shown, "…")
		}
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

// list is T,… of a tuple.
func (r *reader) list(types string) string {
	var shown []string
	for _, t := range split(types) {
		shown = append(shown, r.value(t))
	}
	return strings.Join(shown, ", ")
}

// named is a struct, Name{a:T,…} or Name(T,…) or Name, or an enum, Name<Variant…,…>.
func (r *reader) named(typ string) string {
	at := strings.IndexAny(typ, "{(<")
	if at < 0 {
		if typ == "" || strings.ContainsAny(typ, ">})]:;") {
			r.bad = true
		}
		return typ // a unit
	}
	name := typ[:at]
	switch typ[at] {
	case '(':
		return name + "(" + r.list(inside(typ, ")")) + ")"
	case '{':
		var shown []string
		for _, f := range split(inside(typ, "}")) {
			field, t, _ := strings.Cut(f, ":")
			shown = append(shown, field+": "+r.value(t))
		}
		return name + "{" + strings.Join(shown, ", ") + "}"
	default:
		variants := split(inside(typ, ">"))
		i := int(r.d.U8())
		if i >= len(variants) {
			r.bad = true
			return ""
		}
		return r.value(variants[i])
	}
}

// inside returns what is between the first bracket of typ and the closing one at its end.
func inside(typ, closing string) string {
	at := strings.IndexAny(typ, "{(<[")
	if at < 0 || !strings.HasSuffix(typ, closing) || at+1 > len(typ)-1 {
		return "\x00" // no type: whoever reads it fails
	}
	return typ[at+1 : len(typ)-1]
}

// split cuts at commas outside brackets.
func split(s string) []string {
	if s == "" {
		return nil
	}
	var parts []string
	start, depth := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}', '>':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, s[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, s[start:])
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
