package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/trap"
)

// Deposited runs the call that is attached to a deposit, once the amount was minted: any code of to
// that is public, with alias as caller, which has no template, and without an amount. A payload
// without selector and input runs nothing. A result whose Trap is not None has left state as it was
// before the call. See docs/spec/bridge.md.
func (t *Session) Deposited(alias, to address.Address, payload []byte) Result {
	r := request{from: party{self: alias}}
	transfer, ok := r.decode(payload)
	switch {
	case !ok:
		return Result{Trap: trap.NotSpawned}
	case transfer:
		return Result{}
	}
	return t.first(t.meter.ComputeLeft(), false, func(g gasTank) (entry, trap.Code) {
		return t.resolve(g, to, r)
	})
}
