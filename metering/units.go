package metering

import "math/bits"

// Dimension is one of the five resources that a transaction declares, uses and pays.
type Dimension uint8

// The dimensions, in the order of Tx.MaxUnits. Data is paid to the relay; the other four are the
// execution dimensions. See docs/spec/fees.md.
const (
	Data    Dimension = iota // bytes of the canonical raw encoding of the transaction
	Compute                  // gas of instructions and of host-call work
	Read                     // state read, counted in witness units (bytes)
	Write                    // bytes written to state
	Alloc                    // bytes newly allocated in state

	Dimensions = 5
)

var dimensionNames = [Dimensions]string{"data", "compute", "read", "write", "alloc"}

// String is the dimension's name in documents and JSON.
func (d Dimension) String() string { return dimensionNames[d] }

// Units is an amount of each dimension.
type Units [Dimensions]uint64

// Add returns u + v, saturating at 2^64-1 (a saturated sum fits no limit).
func (u Units) Add(v Units) Units {
	for d := range u {
		sum, carry := bits.Add64(u[d], v[d], 0)
		if carry != 0 {
			sum = ^uint64(0)
		}
		u[d] = sum
	}
	return u
}

// Fits reports whether u is within limit in every dimension.
func (u Units) Fits(limit Units) bool {
	for d := range u {
		if u[d] > limit[d] {
			return false
		}
	}
	return true
}
