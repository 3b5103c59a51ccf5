package stf

import (
	"errors"
	"fmt"

	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// ErrVersion says that the parameters name a version of the virtual machine that this build does not
// have.
var ErrVersion = errors.New("stf: unknown version of the virtual machine")

// scheduleOf returns the prices of a version of the virtual machine.
func scheduleOf(version uint32) (*metering.Schedule, error) {
	switch version {
	case 1:
		return metering.V1(), nil
	default:
		return nil, fmt.Errorf("%w: %d", ErrVersion, version)
	}
}

// limitsOf returns the part of the parameters that bounds an execution.
func limitsOf(p *rollup.Params) host.Limits {
	return host.Limits{
		CallDepth:      p.MaxCallDepth,
		MemoryPages:    p.MaxMemoryPages,
		TxMemoryPages:  p.MaxTxMemoryPages,
		InputBytes:     p.MaxInputBytes,
		ReturnBytes:    p.MaxReturnBytes,
		LogBytes:       p.MaxLogBytes,
		EventBytes:     p.MaxEventBytes,
		Events:         p.MaxEvents,
		Withdrawals:    p.MaxWithdrawals,
		MessageBytes:   p.MaxMessageBytes,
		CodeBytes:      p.MaxCodeBytes,
		SlotValueBytes: p.MaxSlotValueBytes,
		BlobBytes:      p.MaxBlobBytes,
		VerifyKeys:     p.MaxVerifyKeys,
		TxKeys:         p.MaxTxKeys,
		TxValueBytes:   p.MaxTxValueBytes,
		TxCodeBytes:    p.MaxTxCodeBytes,
		Verify:         p.MaxVerify,
	}
}
