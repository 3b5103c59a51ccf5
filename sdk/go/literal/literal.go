// Package literal turns a method call as people write it, "transfer(atest1..., 500)", into a method name
// and its SCALE-encoded arguments. The type of an argument is read from the way it is written:
//
//	atest1… or ath1…        an address, 24 bytes
//	0x…                     raw bytes as they are (an array, or an address in hex)
//	500, 500u64, 7u8        an integer: u64 unless a suffix u8, u16, u32, u64 says otherwise
//	true, false             a bool
//	"text"                  a string or Vec<u8>: length, then the bytes
package literal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// ErrSyntax is wrapped by every error of this package.
var ErrSyntax = errors.New("call syntax")

// ParseCall reads "method" or "method(arg, ...)".
func ParseCall(s string) (method string, args []byte, err error) {
	s = strings.TrimSpace(s)
	method, rest, has := strings.Cut(s, "(")
	method = strings.TrimSpace(method)
	if method == "" || strings.ContainsAny(method, " \t\",)") {
		return "", nil, fmt.Errorf("%w: %q: want method or method(arg, ...)", ErrSyntax, s)
	}
	if !has {
		return method, nil, nil
	}
	inner, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return "", nil, fmt.Errorf("%w: %q: the closing parenthesis is missing", ErrSyntax, s)
	}
	parts, err := split(inner)
	if err != nil {
		return "", nil, err
	}
	var e scale.Encoder
	for i, part := range parts {
		if err := encode(&e, part); err != nil {
			return "", nil, fmt.Errorf("argument %d of %s: %w", i+1, method, err)
		}
	}
	return method, e.B, nil
}

// split cuts at commas outside quotes.
func split(s string) ([]string, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			parts = append(parts, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	if quoted {
		return nil, fmt.Errorf("%w: %q: the closing quote is missing", ErrSyntax, s)
	}
	return append(parts, strings.TrimSpace(s[start:])), nil
}

func encode(e *scale.Encoder, s string) error {
	switch {
	case s == "":
		return fmt.Errorf("%w: it is empty", ErrSyntax)
	case s == "true", s == "false":
		e.Bool(s == "true")
	case strings.HasPrefix(s, `"`):
		text, err := strconv.Unquote(s)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSyntax, s, err)
		}
		e.Bytes([]byte(text))
	case strings.HasPrefix(s, "0x"):
		b, err := hex.DecodeString(s[2:])
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSyntax, s, err)
		}
		e.Raw(b)
	case s[0] >= '0' && s[0] <= '9':
		return integer(e, s)
	default:
		a, err := address.Parse(s)
		if err != nil {
			return fmt.Errorf("%w: %q is no address, integer, 0x hex, true, false or \"text\"", ErrSyntax, s)
		}
		e.Raw(a[:])
	}
	return nil
}

func integer(e *scale.Encoder, s string) error {
	digits, suffix, has := strings.Cut(s, "u")
	bits := 64
	if has {
		var err error
		if bits, err = strconv.Atoi(suffix); err != nil {
			bits = 0
		}
	}
	v, err := strconv.ParseUint(strings.ReplaceAll(digits, "_", ""), 10, max(bits, 1))
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrSyntax, s, err)
	}
	switch bits {
	case 8:
		e.U8(uint8(v))
	case 16:
		e.U16(uint16(v))
	case 32:
		e.U32(uint32(v))
	case 64:
		e.U64(v)
	default:
		return fmt.Errorf("%w: %s: suffix must be u8, u16, u32 or u64", ErrSyntax, s)
	}
	return nil
}
