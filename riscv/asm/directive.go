package asm

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

const exportPrefix = "athexp_"

var sectionDirectives = map[string]sectionID{
	".text": secText, ".rodata": secROData, ".data": secData, ".bss": secBSS,
}

var dataWidths = map[string]int{".byte": 1, ".half": 2, ".word": 4}

// directive handles a directive in the first pass; data directives become statements.
func (a *assembler) directive(n int, name string, args []string) error {
	if s, ok := sectionDirectives[name]; ok && len(args) == 0 {
		a.current = s
		return nil
	}
	if width, ok := dataWidths[name]; ok {
		return a.reserve(n, name, args, int64(width*len(args)))
	}
	switch name {
	case ".globl", ".global":
		return nil
	case ".ascii", ".asciz", ".string":
		size := 0
		for _, arg := range args {
			s, err := unquote(name, arg)
			if err != nil {
				return err
			}
			size += len(s)
		}
		return a.reserve(n, name, args, int64(size))
	case ".zero", ".space", ".align", ".balign", ".p2align":
		size, err := a.padding(name, args)
		if err != nil {
			return err
		}
		return a.reserve(n, ".zero", nil, size)
	case ".equ", ".set":
		if len(args) != 2 || !isSymbol(args[0]) {
			return fmt.Errorf("want %s name, value", name)
		}
		v, err := a.eval(args[1], 0)
		if err != nil {
			return err
		}
		if err := a.define(args[0]); err != nil {
			return err
		}
		a.symbols[args[0]] = v
		return nil
	case ".export", ".export_principal":
		return a.export(n, name == ".export_principal", args)
	case ".layout":
		return a.setLayout(args)
	}
	return fmt.Errorf("unknown directive %s with %d arguments", name, len(args))
}

// padding returns the bytes that a space or alignment directive adds.
func (a *assembler) padding(name string, args []string) (int64, error) {
	if len(args) != 1 {
		return 0, fmt.Errorf("want %s N", name)
	}
	v, err := a.eval(args[0], 0)
	if err != nil {
		return 0, err
	}
	switch name {
	case ".zero", ".space":
		return v, nil
	case ".align", ".p2align":
		if v < 0 || v > 12 {
			return 0, fmt.Errorf("alignment 2^%d above a page", v)
		}
		v = 1 << v
	}
	if v <= 0 || v > pageSize {
		return 0, fmt.Errorf("alignment %d", v)
	}
	// Relative to the section's start: rodata and data start on a page, text at the caller's base.
	size := a.size[a.current]
	return int64(alignUp(size, uint32(v)) - size), nil
}

func (a *assembler) export(n int, principalOnly bool, args []string) error {
	if len(args) < 1 || len(args) > 2 || !isSymbol(args[0]) || !isSymbol(args[len(args)-1]) {
		return fmt.Errorf("want .export label[, name]")
	}
	a.exports = append(a.exports, exportRequest{n, args[0], args[len(args)-1], principalOnly})
	return nil
}

func (a *assembler) setLayout(args []string) error {
	if len(args) != 3 || a.layout != nil {
		return fmt.Errorf("want one .layout stackTop, stackSize, heapPages")
	}
	var v [3]uint32
	for i, arg := range args {
		x, err := a.eval(arg, 0)
		if err != nil {
			return err
		}
		v[i] = uint32(x)
	}
	a.layout = &Layout{v[0], v[1], v[2]}
	return nil
}

// emitData writes a data directive in the second pass.
func (a *assembler) emitData(s *statement, out []byte, here uint32) error {
	width := dataWidths[s.name]
	for i, arg := range s.args {
		if width == 0 {
			text, err := unquote(s.name, arg)
			if err != nil {
				return err
			}
			out = out[copy(out, text):]
			continue
		}
		v, err := a.eval(arg, int64(here)+int64(i*width))
		if err != nil {
			return err
		}
		if limit := int64(1) << (8 * width); v >= limit || v < -limit/2 {
			return fmt.Errorf("%d does not fit %s", v, s.name)
		}
		var word [4]byte
		binary.LittleEndian.PutUint32(word[:], uint32(v))
		copy(out[i*width:], word[:width])
	}
	return nil
}

func unquote(directive, arg string) (string, error) {
	s, err := strconv.Unquote(arg)
	if err != nil || len(arg) == 0 || arg[0] != '"' {
		return "", fmt.Errorf("%s wants \"text\", not %s", directive, arg)
	}
	if directive != ".ascii" {
		s += "\x00"
	}
	return s, nil
}
