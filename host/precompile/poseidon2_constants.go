package precompile

import (
	_ "embed" // the constants
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
)

// poseidon2File holds the round constants. It is part of consensus: a library may change its
// parameters, this file may not.
//
//go:embed poseidon2_bn254.txt
var poseidon2File string

// poseidonRounds is an instance of Poseidon2 over the scalar field of BN254 with S-box x^5: the partial
// rounds are in the middle of the full ones.
type poseidonRounds struct {
	full, partial int
	keys          [][]fr.Element // of each round: an element a column, or one in a partial round
}

// poseidon2Instances are the instances by width.
var poseidon2Instances = sync.OnceValue(func() (byWidth [4]*poseidonRounds) {
	var p *poseidonRounds
	for line := range strings.Lines(poseidon2File) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "width":
			p = new(poseidonRounds)
			var width int
			n, _ := fmt.Sscanf(line, "width %d full %d partial %d", &width, &p.full, &p.partial)
			if n != 3 {
				panic("BUG: precompile: Poseidon2 constants: " + line)
			}
			byWidth[width] = p
		default:
			p.keys = append(p.keys, mustElements(words))
		}
	}
	return byWidth
})

func mustElements(words []string) []fr.Element {
	b, err := hex.DecodeString(strings.Join(words, ""))
	es, ok := elements(b)
	if err != nil || !ok || len(es) != len(words) {
		panic("BUG: precompile: Poseidon2 constants: a word is no element")
	}
	return es
}
