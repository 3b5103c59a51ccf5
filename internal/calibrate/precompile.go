package calibrate

import (
	"bytes"
	"fmt"
	"math"

	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/precompile/vectors"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Numbers of the precompiles.
const (
	firstPrecompile = 0x0064_0000
	lastPrecompile  = 0x0064_0FFF

	trials = 5 // turns of each vector, to find the slowest
)

// precompiles are the names of the host's table by number, in order.
func precompiles() (numbers []uint32) {
	for n := uint32(firstPrecompile); n <= lastPrecompile; n++ {
		if host.CallName(n) != "" {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// candidates returns the vectors of each precompile, by its name.
func candidates() (map[string][]vectors.Case, error) {
	all := map[string][]vectors.Case{}
	texts, err := fixtures.PrecompileVectors()
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	for _, text := range texts {
		cases, err := vectors.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
		for _, c := range cases {
			all[c.Call] = append(all[c.Call], c)
		}
	}
	return all, nil
}

// precompileCase measures a precompile at the one of its vectors that takes longest for its gas.
func precompileCase(number uint32, from []vectors.Case, tree *statetree.Tree, s *metering.Schedule,
) Case {
	c := Case{Group: groupPrecompile, Price: host.CallName(number), Name: "the slowest of its vectors"}
	c.prepare = func() (*turn, error) {
		var worst *turn
		slowest := math.Inf(-1)
		for i := range from {
			t, err := vectorTurn(number, &from[i], tree, s)
			if err != nil {
				return nil, err
			}
			idleNanos, idleGas, err := fastest(t.idle, 0)
			if err != nil {
				return nil, err
			}
			each := math.Inf(1)
			for range trials {
				nanos, gas, err := fastest(t.run, 0)
				if err != nil {
					return nil, err
				}
				each = min(each, (nanos-idleNanos)/float64(gas-idleGas))
			}
			if each > slowest {
				slowest, worst = each, t
			}
		}
		return worst, nil
	}
	return c
}

// vectorTurn is a guest that makes the call of a vector again and again.
func vectorTurn(number uint32, v *vectors.Case, tree *statetree.Tree, s *metering.Schedule,
) (*turn, error) {
	h := hostCall{name: v.Name, body: ecall(number), count: 8}
	var mem []byte
	for i, a := range v.Args {
		reg := fmt.Sprintf("a%d", i)
		if a.Kind == vectors.Int {
			h.setup += fmt.Sprintf("li %s, %d\n", reg, a.N)
			continue
		}
		h.setup += at(reg, len(mem))
		if a.Kind == vectors.Out {
			a.Bytes = make([]byte, a.N)
		}
		mem = append(mem, a.Bytes...)
	}
	a, err := newArena(tree, s, fmt.Sprintf(guest, h.setup, h.body, len(mem)+16), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, v.Name)
	}
	return a.turn(h, bytes.Clone(mem))
}
