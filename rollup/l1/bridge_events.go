package l1

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
)

// Unlocked is a withdrawal that L1 paid out.
type Unlocked struct {
	Sender address.Address // of the proof
	rollup.Withdrawal
}

// String implements Event.
func (e Unlocked) String() string {
	return fmt.Sprintf("withdrawal %d of layer %d: %d unlocked for %s", e.Index, e.Layer, e.Amount,
		e.To.Short())
}
