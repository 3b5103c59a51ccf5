package gdbstub

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/riscv"
)

// targetXML describes the registers to GDB (the manual of GDB, §G.5.16, "RISC-V Features").
var targetXML = describe()

func describe() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">` +
		`<target version="1.0"><architecture>riscv:rv32</architecture>` +
		`<feature name="org.gnu.gdb.riscv.cpu">`)
	for i := range uint8(riscv.Registers) {
		kind, name := "int", riscv.RegisterName(i)
		switch name {
		case "ra":
			kind = "code_ptr"
		case "sp", "gp", "tp":
			kind = "data_ptr"
		case "s0":
			name = "fp"
		}
		fmt.Fprintf(&b, `<reg name="%s" bitsize="32" type="%s" regnum="%d"/>`, name, kind, i)
	}
	fmt.Fprintf(&b, `<reg name="pc" bitsize="32" type="code_ptr" regnum="%d"/></feature></target>`,
		registerPC)
	return b.String()
}

// transfer is qXfer:features:read:target.xml:offset,length.
func transfer(args string) string {
	where, ok := strings.CutPrefix(args, "features:read:target.xml:")
	if !ok {
		return ""
	}
	offset, n, ok := area(where)
	if !ok {
		return errorReply
	}
	n = min(n, MaxPacket-1)
	rest := targetXML[min(uint64(offset), uint64(len(targetXML))):]
	if uint64(len(rest)) <= uint64(n) {
		return "l" + rest
	}
	return "m" + rest[:n]
}
