package asm

import (
	"fmt"
	"strings"
)

// line handles one source line in the first pass.
func (a *assembler) line(n int, text string) error {
	text = strings.TrimSpace(stripComment(text))
	for {
		name, rest, ok := strings.Cut(text, ":")
		if !ok || !isSymbol(name) {
			break
		}
		if err := a.define(name); err != nil {
			return err
		}
		a.labels = append(a.labels, label{name, a.current, a.size[a.current]})
		text = strings.TrimSpace(rest)
	}
	if text == "" {
		return nil
	}
	name, rest, _ := strings.Cut(strings.ReplaceAll(text, "\t", " "), " ")
	args, err := splitArgs(rest)
	if err != nil {
		return err
	}
	if strings.HasPrefix(name, ".") {
		return a.directive(n, name, args)
	}
	size, err := a.instructionSize(strings.ToLower(name), args)
	if err != nil {
		return err
	}
	if a.size[a.current]%4 != 0 {
		return fmt.Errorf("instruction at an address that is not a multiple of 4")
	}
	return a.reserve(n, strings.ToLower(name), args, size)
}

// define reserves a symbol name; its value follows in place or by the caller.
func (a *assembler) define(name string) error {
	if _, ok := a.symbols[name]; ok {
		return fmt.Errorf("symbol %q defined twice", name)
	}
	a.symbols[name] = unplaced
	return nil
}

// stripComment cuts # and // comments, but not inside quotes.
func stripComment(s string) string {
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#' || c == '/' && strings.HasPrefix(s[i:], "//"):
			return s[:i]
		}
	}
	return s
}

// splitArgs splits at commas outside quotes and parentheses.
func splitArgs(s string) ([]string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	var args []string
	depth, quote, from := 0, byte(0), 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	if depth != 0 || quote != 0 {
		return nil, fmt.Errorf("unbalanced parenthesis or quote")
	}
	return append(args, strings.TrimSpace(s[from:])), nil
}

func isSymbol(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || c == '.' || c == '$' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && s != "."
}
