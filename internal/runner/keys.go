package runner

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/runner/abi"
)

// keys explains storage keys. A contract of the SDK keeps a cell under SHA-256 of its name and an
// entry of a map under SHA-256 of (the key of the map's name ‖ the entry's key). The hashes that a
// program asks of the host are remembered, and names are found among words of the contract's
// description: what is shown hashes to the key, it is never a guess.
type keys struct {
	names  *names
	cells  map[[32]byte]string
	hashed map[[32]byte][]byte // inputs of at least 32 bytes, by digest
}

// maxHashed bounds the hashes that are remembered, and their length.
const (
	maxHashed     = 1 << 14
	maxHashedSize = 512
)

func newKeys(n *names, c *abi.Contract) *keys {
	k := &keys{names: n, cells: map[[32]byte]string{}, hashed: map[[32]byte][]byte{}}
	for _, word := range words(c) {
		k.cells[sha256.Sum256([]byte(word))] = word
	}
	return k
}

// words are candidates for names of storage: those of the description, their parts, singular and
// plural, and a few that contracts have everywhere.
func words(c *abi.Contract) []string {
	all := []string{
		"balances", "allowances", "supply", "total_supply", "owner", "admin", "nonce", "nonces",
		"count", "counter", "added", "value", "note", "name", "symbol", "paused", "locked", "state",
	}
	add := func(name string) {
		lower := strings.ToLower(name)
		for _, w := range append(strings.Split(lower, "_"), lower) {
			if w == "" {
				continue
			}
			all = append(all, w, w+"s", strings.TrimSuffix(w, "s"), strings.ToUpper(w))
			if stem, ok := strings.CutSuffix(w, "e"); ok {
				all = append(all, stem+"ed")
			}
		}
		all = append(all, name)
	}
	if c == nil {
		return all
	}
	fields := func(fs []abi.Field) {
		for _, f := range fs {
			add(f.Name)
		}
	}
	fields(c.State)
	for _, m := range c.Methods {
		add(m.Name)
		fields(m.Args)
	}
	for _, e := range c.Events {
		add(e.Name)
		fields(e.Fields)
	}
	return all
}

// hash remembers a SHA-256 that the program asked for.
func (k *keys) hash(input []byte) {
	if len(input) >= 32 && len(input) <= maxHashedSize && len(k.hashed) < maxHashed {
		k.hashed[sha256.Sum256(input)] = input
	}
}

// show is a storage key as people read it: balances/bob, or the digits.
func (k *keys) show(key [32]byte) string {
	if name, ok := k.cells[key]; ok {
		return name
	}
	if input, ok := k.hashed[key]; ok {
		return k.prefix([32]byte(input[:32])) + "/" + k.entry(input[32:])
	}
	return k.prefix(key)
}

// prefix is a key by name, or by its first digits.
func (k *keys) prefix(key [32]byte) string {
	if name, ok := k.cells[key]; ok {
		return name
	}
	return "0x" + hex.EncodeToString(key[:])
}

// entry is the key of a map's entry: one address or several, or digits.
func (k *keys) entry(b []byte) string {
	if len(b) == 0 || len(b)%address.Size != 0 {
		return "0x" + hex.EncodeToString(b)
	}
	var parts []string
	for ; len(b) > 0; b = b[address.Size:] {
		parts = append(parts, k.names.show(address.Address(b[:address.Size])))
	}
	return strings.Join(parts, ",")
}
