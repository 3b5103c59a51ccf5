package riscv

import "strconv"

// Registers is the number of integer registers, x0 included.
const Registers = 32

// Numbers of the registers that the Athena convention gives a meaning (docs/spec/abi.md).
const (
	RegZero = 0
	RegRA   = 1
	RegSP   = 2
	RegT0   = 5
	RegA0   = 10
	RegA1   = 11
	RegA2   = 12
	RegA3   = 13
	RegA4   = 14
	RegA5   = 15
)

var registerNames = [Registers]string{
	"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
	"a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
}

// RegisterName is the ABI name of register n, such as "a0"; "x32" and so on for numbers above 31.
func RegisterName(n uint8) string {
	if n < Registers {
		return registerNames[n]
	}
	return "x" + strconv.Itoa(int(n))
}

// RegisterNamed returns the number of a register given by ABI name, by "fp" (s0) or by "x0".."x31".
func RegisterNamed(name string) (uint8, bool) {
	for n, known := range registerNames {
		if name == known || name == "x"+strconv.Itoa(n) {
			return uint8(n), true
		}
	}
	if name == "fp" {
		return 8, true
	}
	return 0, false
}
