// Package address defines the 24-byte addresses of Athena and how each kind is derived.
//
// An address is 4 bytes of kind followed by 20 bytes of BLAKE3 hash; collision strength is 80 bits and
// the first owner keeps the address. The zero address is the system's and can never be spawned.
package address

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32"
	"github.com/zeebo/blake3"
)

// Size is the length of an address in bytes.
const Size = 24

const hashSize = 20

// Human-readable parts of the bech32 form.
const (
	HRPMain = "ath"
	HRPTest = "atest"
)

// ErrMalformed is wrapped by every error of Parse.
var ErrMalformed = errors.New("address: malformed")

// Address names an account or a template.
type Address [Size]byte

// Zero is the system's address: it owns the system records and is out of reach of programs.
var Zero Address

// IsZero reports whether a is the system's address.
func (a Address) IsZero() bool { return a == Zero }

// String returns the bech32 form with the test network's prefix.
func (a Address) String() string { return a.Bech32(HRPTest) }

// Short returns an abbreviation for people: the last 4 bytes in hex.
func (a Address) Short() string { return hex.EncodeToString(a[Size-4:]) }

// Bech32 returns the bech32 form of a under a human-readable part.
func (a Address) Bech32(hrp string) string {
	five, err := bech32.ConvertBits(a[:], 8, 5, true)
	if err != nil {
		panic("BUG: address: " + err.Error())
	}
	s, err := bech32.Encode(hrp, five)
	if err != nil {
		panic("BUG: address: " + err.Error())
	}
	return s
}

// MarshalText implements encoding.TextMarshaler: the bech32 form.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it accepts what Parse accepts.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Parse reads an address in bech32 (either network) or in 0x-prefixed hex.
func Parse(s string) (Address, error) {
	var a Address
	if rest, ok := strings.CutPrefix(s, "0x"); ok {
		b, err := hex.DecodeString(rest)
		if err != nil || len(b) != Size {
			return a, fmt.Errorf("%w: %q: want 0x and %d hex digits", ErrMalformed, s, 2*Size)
		}
		copy(a[:], b)
		return a, nil
	}
	hrp, five, err := bech32.Decode(s)
	if err != nil {
		return a, fmt.Errorf("%w: %q: %w", ErrMalformed, s, err)
	}
	if hrp != HRPMain && hrp != HRPTest {
		return a, fmt.Errorf("%w: %q: prefix %q is neither %q nor %q", ErrMalformed, s, hrp, HRPMain, HRPTest)
	}
	b, err := bech32.ConvertBits(five, 5, 8, false)
	if err != nil || len(b) != Size {
		return a, fmt.Errorf("%w: %q: want %d bytes", ErrMalformed, s, Size)
	}
	copy(a[:], b)
	return a, nil
}

// CodeHash is the BLAKE3 hash of a program's bytes.
func CodeHash(code []byte) [32]byte { return blake3.Sum256(code) }

// OfTemplate is the address of the template whose code has the given hash.
func OfTemplate(codeHash [32]byte) Address { return build([4]byte{}, codeHash[:]) }

// OfSpawn is the address of the account spawned from template with the immutable state blob.
func OfSpawn(template Address, blob []byte) Address {
	h := blake3.New()
	mustWrite(h, template[:])
	mustWrite(h, blob)
	return build([4]byte{}, h.Sum(nil))
}

// OfL1Alias is the caller that a deposit's attached call sees for the L1 account l1. It can never be
// spawned, since spawned addresses start with four zero bytes. See docs/spec/bridge.md.
func OfL1Alias(l1 Address) Address {
	h := blake3.New()
	mustWrite(h, []byte("athena/l1-alias"))
	mustWrite(h, l1[:])
	return build([4]byte{0, 0, 0, 1}, h.Sum(nil))
}

func build(kind [4]byte, hash []byte) Address {
	var a Address
	copy(a[:4], kind[:])
	copy(a[4:], hash[len(hash)-hashSize:])
	return a
}

func mustWrite(h *blake3.Hasher, b []byte) {
	if _, err := h.Write(b); err != nil {
		panic("BUG: address: " + err.Error())
	}
}
