package wire

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
)

// Hash reads a 32-byte field. The error names the field and says what to send.
func Hash(field string, b []byte) (rollup.Hash, error) {
	if len(b) != len(rollup.Hash{}) {
		return rollup.Hash{}, fmt.Errorf("%s has %d bytes; send the 32 bytes of a hash", field, len(b))
	}
	return rollup.Hash(b), nil
}

// Address reads a 24-byte field. The error names the field and says what to send.
func Address(field string, b []byte) (address.Address, error) {
	if len(b) != address.Size {
		return address.Address{}, fmt.Errorf("%s has %d bytes; send the %d bytes of an address",
			field, len(b), address.Size)
	}
	return address.Address(b), nil
}

// Units converts an amount of each dimension.
func Units(u metering.Units) *athenav1.Units {
	return &athenav1.Units{
		Data:    u[metering.Data],
		Compute: u[metering.Compute],
		Read:    u[metering.Read],
		Write:   u[metering.Write],
		Alloc:   u[metering.Alloc],
	}
}

// ParseUnits is the inverse of Units; nothing is zero units.
func ParseUnits(u *athenav1.Units) metering.Units {
	return metering.Units{
		metering.Data:    u.GetData(),
		metering.Compute: u.GetCompute(),
		metering.Read:    u.GetRead(),
		metering.Write:   u.GetWrite(),
		metering.Alloc:   u.GetAlloc(),
	}
}
