package rollup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/zeebo/blake3"

	"github.com/athenarollup/athena/address"
)

// Domains of the hashes of docs/spec/codec.md. Where one is a prefix of another, what is hashed
// under it starts with a version byte, which is no letter.
const (
	domainTx        = "athena/tx"
	domainTxHash    = "athena/txhash"
	domainSigning   = "athena/tx/1"
	domainL1Tx      = "athena/l1tx"
	domainL1TxID    = "athena/l1tx-id"
	domainL1Account = "athena/l1-account"
	domainL1Alias   = "athena/l1-alias"
	domainLayer     = "athena/layer"
	domainClaim     = "athena/claim"
	domainCommit    = "athena/commit"
	domainOpen      = "athena/open"
	domainParams    = "athena/params"
	domainGenesis   = "athena/genesis"
	domainCarry     = "athena/carry"
	domainOrder     = "athena/order"
)

// ErrHash is wrapped by the errors of ParseHash.
var ErrHash = errors.New("rollup: malformed hash")

// digest is SHA-256 over a domain and the parts, without separators: each caller's parts have fixed
// lengths but the last.
func digest(domain string, parts ...[]byte) Hash {
	var buf [512]byte // most inputs fit, and then nothing is allocated
	b := append(buf[:0], domain...)
	for _, p := range parts {
		b = append(b, p...)
	}
	return sha256.Sum256(b)
}

// IsZero reports whether h is 32 zero bytes.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns 0x and 64 hex digits.
func (h Hash) String() string { return "0x" + hex.EncodeToString(h[:]) }

// Format implements fmt.Formatter: %x and %X print the digits alone, like those of a [32]byte, and
// other verbs print the form of String.
func (h Hash) Format(f fmt.State, verb rune) {
	if verb == 'x' || verb == 'X' {
		fmt.Fprintf(f, fmt.FormatString(f, verb), h[:])
		return
	}
	fmt.Fprintf(f, fmt.FormatString(f, verb), h.String())
}

// Short returns an abbreviation for people: the first 4 bytes in hex.
func (h Hash) Short() string { return hex.EncodeToString(h[:4]) }

// MarshalText implements encoding.TextMarshaler: the form of String.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it accepts what ParseHash accepts.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}

// ParseHash reads 64 hex digits with or without 0x.
func ParseHash(s string) (Hash, error) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if err != nil || len(b) != len(Hash{}) {
		return Hash{}, fmt.Errorf("%w: %q: want 0x and 64 hex digits", ErrHash, s)
	}
	return Hash(b), nil
}

// L1Address is the L1 account of an Ed25519 public key.
func L1Address(key [32]byte) (a address.Address) {
	sum := blake3.Sum256(append([]byte(domainL1Account), key[:]...))
	copy(a[4:], sum[len(sum)-(address.Size-4):])
	return a
}

// L1Alias is who calls when a deposit of an L1 account carries a call: an address of a kind of its
// own, that nobody can spawn.
func L1Alias(account address.Address) (a address.Address) {
	sum := blake3.Sum256(append([]byte(domainL1Alias), account[:]...))
	a[3] = 1
	copy(a[4:], sum[len(sum)-(address.Size-4):])
	return a
}

// Selector names an exported method: the first 4 bytes of BLAKE3("athexp_" ‖ name).
func Selector(name string) [4]byte {
	sum := blake3.Sum256([]byte("athexp_" + name))
	return [4]byte(sum[:4])
}
