package asm

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unplaced marks a label whose address the first pass does not know yet.
const unplaced = math.MinInt64

// maxDepth bounds nested parentheses.
const maxDepth = 16

// evaluator computes one expression. Grammar: sum = ["-"] term {("+"|"-") term};
// term = number | 'c' | symbol | "." | "(" sum ")" | "%hi(" sum ")" | "%lo(" sum ")".
type evaluator struct {
	a     *assembler
	here  int64 // value of "."
	text  string
	depth int
}

// eval returns the value of text, which must fit 32 bits, signed or unsigned.
func (a *assembler) eval(text string, here int64) (int64, error) {
	e := &evaluator{a: a, here: here, text: text}
	v, err := e.sum()
	if err != nil {
		return 0, err
	}
	if e.text = strings.TrimSpace(e.text); e.text != "" {
		return 0, fmt.Errorf("unexpected %q in an expression", e.text)
	}
	if v < math.MinInt32 || v > math.MaxUint32 {
		return 0, fmt.Errorf("value %d does not fit 32 bits", v)
	}
	return v, nil
}

func (e *evaluator) take(prefix string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(e.text, " "), prefix)
	if ok {
		e.text = rest
	}
	return ok
}

func (e *evaluator) sum() (int64, error) {
	if e.depth++; e.depth > maxDepth {
		return 0, fmt.Errorf("expression nested too deep")
	}
	defer func() { e.depth-- }()
	sign := int64(1)
	if e.take("-") {
		sign = -1
	}
	total := int64(0)
	for {
		v, err := e.term()
		if err != nil {
			return 0, err
		}
		total += sign * v
		if total > 1<<40 || total < -1<<40 {
			return 0, fmt.Errorf("value does not fit 32 bits")
		}
		switch {
		case e.take("+"):
			sign = 1
		case e.take("-"):
			sign = -1
		default:
			return total, nil
		}
	}
}

func (e *evaluator) term() (int64, error) {
	switch {
	case e.take("%hi("):
		v, err := e.closed()
		return (v + 0x800) >> 12 & 0xfffff, err
	case e.take("%lo("):
		v, err := e.closed()
		return int64(int32(uint32(v)<<20) >> 20), err
	case e.take("("):
		return e.closed()
	case e.take("'"):
		end := strings.IndexByte(e.text[min(1, len(e.text)):], '\'') + 1
		if end < 1 {
			return 0, fmt.Errorf("bad character")
		}
		s, err := strconv.Unquote("'" + e.text[:end] + "'")
		if err != nil || len(s) != 1 {
			return 0, fmt.Errorf("bad character '%s'", e.text[:end])
		}
		e.text = e.text[end+1:]
		return int64(s[0]), nil
	}
	e.text = strings.TrimLeft(e.text, " ")
	n := strings.IndexAny(e.text, " +-()")
	if n < 0 {
		n = len(e.text)
	}
	word := e.text[:n]
	e.text = e.text[n:]
	return e.atom(word)
}

// closed reads a sum and its closing parenthesis.
func (e *evaluator) closed() (int64, error) {
	v, err := e.sum()
	if err == nil && !e.take(")") {
		err = fmt.Errorf("missing )")
	}
	return v, err
}

func (e *evaluator) atom(word string) (int64, error) {
	if word == "." {
		return e.here, nil
	}
	if v, err := strconv.ParseUint(word, 0, 32); err == nil {
		return int64(v), nil
	}
	v, ok := e.a.symbols[word]
	if !ok || v == unplaced {
		return 0, fmt.Errorf("no value for %q", word)
	}
	return v, nil
}
