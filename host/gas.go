package host

import (
	"math/bits"

	"github.com/athenarollup/athena/trap"
)

// gasTank is what the work of entering code is charged to: the calling frame's machine, or the gas
// of a first frame that does not run yet.
type gasTank interface{ Charge(n uint64) bool }

type gasLeft struct{ left uint64 }

// Charge implements gasTank: with too little left, nothing is left.
func (g *gasLeft) Charge(n uint64) bool {
	if g.left < n {
		g.left = 0
		return false
	}
	g.left -= n
	return true
}

func charge(g gasTank, n uint64) trap.Code {
	if !g.Charge(n) {
		return trap.OutOfGas
	}
	return trap.None
}

// perWord is base + each for every 32 bytes of n, the last ones rounded up to 32. See
// docs/spec/gas.md.
func perWord(base, each uint64, n int) uint64 {
	whole, rest := uint64(n)/wordBytes, uint64(n)%wordBytes
	return times(base, each, whole+(rest+wordBytes-1)/wordBytes)
}

// times is base + each·n, saturating: a saturated price is above every gas limit but 2^64-1.
func times(base, each, n uint64) uint64 {
	high, low := bits.Mul64(each, n)
	sum, carry := bits.Add64(base, low, 0)
	if high != 0 || carry != 0 {
		return 1<<64 - 1
	}
	return sum
}

// chargeKey charges the first or a later access to a key.
func (t *Session) chargeKey(g gasTank, warm bool) trap.Code {
	if warm {
		return charge(g, t.x.schedule.Host.WarmKey)
	}
	return charge(g, t.x.schedule.Host.ColdKey)
}
