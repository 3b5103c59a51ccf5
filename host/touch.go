package host

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/trap"
)

// Touch charges a storage slot that the transaction announces, before any frame runs: cold now,
// warm in the frames. See docs/spec/fees.md, "Access list".
func (t *Session) Touch(account address.Address, slot [32]byte) trap.Code {
	gas := t.meter.ComputeLeft()
	tank := &gasLeft{gas}
	code := t.chargeKey(tank, t.st.SlotWarm(account, slot))
	if code == trap.None {
		v, _ := t.st.Slot(account, slot)
		if code = t.st.TakeFault(); code == trap.None {
			code = charge(tank, perWord(0, t.x.schedule.Host.SlotWord, len(v.Data)))
		}
	}
	t.meter.AddCompute(gas - tank.left)
	return code
}
