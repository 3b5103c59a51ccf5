package main

import (
	"fmt"
	"strings"
)

// kind says how control leaves an operation.
type kind int

const (
	plain    kind = iota // to the next slot
	access               // to the next slot, or out of the loop if the fast path cannot do it
	branch               // to the slot that the immediate names, or to the next one
	jump                 // to the slot that the immediate names
	indirect             // to a computed slot, or out of the loop
	leave                // out of the loop
)

// operation is one predecoded operation. Its body is Go in which S is the instruction's slot; a
// branch's body is its condition. See instruction in ../code.go for where operands are.
type operation struct {
	name string
	kind kind
	body string
}

// operations are all single ones, in the order of their numbers.
var operations = []operation{
	{"slow", leave, ""},
	{"ecall", leave, ""}, // Run executes it
	{"nop", plain, ""},
	{"li", plain, "m.x[S.rd] = uint32(S.imm)"},
	{"addi", plain, "m.x[S.rd] = m.x[S.rs1] + uint32(S.imm)"},
	{"slti", plain, "m.x[S.rd] = bit(int32(m.x[S.rs1]) < S.imm)"},
	{"sltiu", plain, "m.x[S.rd] = bit(m.x[S.rs1] < uint32(S.imm))"},
	{"xori", plain, "m.x[S.rd] = m.x[S.rs1] ^ uint32(S.imm)"},
	{"ori", plain, "m.x[S.rd] = m.x[S.rs1] | uint32(S.imm)"},
	{"andi", plain, "m.x[S.rd] = m.x[S.rs1] & uint32(S.imm)"},
	{"slli", plain, "m.x[S.rd] = m.x[S.rs1] << (uint32(S.imm) & 31)"},
	{"srli", plain, "m.x[S.rd] = m.x[S.rs1] >> (uint32(S.imm) & 31)"},
	{"srai", plain, "m.x[S.rd] = uint32(int32(m.x[S.rs1]) >> (uint32(S.imm) & 31))"},
	{"add", plain, "m.x[S.rd] = m.x[S.rs1] + m.x[uint8(S.imm)]"},
	{"sub", plain, "m.x[S.rd] = m.x[S.rs1] - m.x[uint8(S.imm)]"},
	{"sll", plain, "m.x[S.rd] = m.x[S.rs1] << (m.x[uint8(S.imm)] & 31)"},
	{"slt", plain, "m.x[S.rd] = bit(int32(m.x[S.rs1]) < int32(m.x[uint8(S.imm)]))"},
	{"sltu", plain, "m.x[S.rd] = bit(m.x[S.rs1] < m.x[uint8(S.imm)])"},
	{"xor", plain, "m.x[S.rd] = m.x[S.rs1] ^ m.x[uint8(S.imm)]"},
	{"srl", plain, "m.x[S.rd] = m.x[S.rs1] >> (m.x[uint8(S.imm)] & 31)"},
	{"sra", plain, "m.x[S.rd] = uint32(int32(m.x[S.rs1]) >> (m.x[uint8(S.imm)] & 31))"},
	{"or", plain, "m.x[S.rd] = m.x[S.rs1] | m.x[uint8(S.imm)]"},
	{"and", plain, "m.x[S.rd] = m.x[S.rs1] & m.x[uint8(S.imm)]"},
	{"mul", plain, "m.x[S.rd] = m.x[S.rs1] * m.x[uint8(S.imm)]"},
	{"mulh", plain, "m.x[S.rd] = uint32(uint64(int64(int32(m.x[S.rs1]))*" +
		"int64(int32(m.x[uint8(S.imm)]))) >> 32)"},
	{"mulhsu", plain, "m.x[S.rd] = uint32(uint64(int64(int32(m.x[S.rs1]))*" +
		"int64(m.x[uint8(S.imm)])) >> 32)"},
	{"mulhu", plain, "m.x[S.rd] = uint32(uint64(m.x[S.rs1]) * uint64(m.x[uint8(S.imm)]) >> 32)"},
	{"div", plain, "m.x[S.rd] = div(m.x[S.rs1], m.x[uint8(S.imm)])"},
	{"divu", plain, "m.x[S.rd] = divu(m.x[S.rs1], m.x[uint8(S.imm)])"},
	{"rem", plain, "m.x[S.rd] = rem(m.x[S.rs1], m.x[uint8(S.imm)])"},
	{"remu", plain, "m.x[S.rd] = remu(m.x[S.rs1], m.x[uint8(S.imm)])"},

	{"lb", access, load(8, "uint32(int8(LOAD8))")},
	{"lh", access, load(16, "uint32(int16(LOAD16))")},
	{"lw", access, load(32, "LOAD32")},
	{"lbu", access, load(8, "uint32(LOAD8)")},
	{"lhu", access, load(16, "uint32(LOAD16)")},
	{"sb", access, store(8, "uint8(m.x[S.rd])")},
	{"sh", access, store(16, "uint16(m.x[S.rd])")},
	{"sw", access, store(32, "m.x[S.rd]")},

	{"beq", branch, "m.x[S.rs1] == m.x[S.rd]"},
	{"bne", branch, "m.x[S.rs1] != m.x[S.rd]"},
	{"blt", branch, "int32(m.x[S.rs1]) < int32(m.x[S.rd])"},
	{"bge", branch, "int32(m.x[S.rs1]) >= int32(m.x[S.rd])"},
	{"bltu", branch, "m.x[S.rs1] < m.x[S.rd]"},
	{"bgeu", branch, "m.x[S.rs1] >= m.x[S.rd]"},
	{"jal", jump, "m.x[S.rd] = LINK"},
	{"j", jump, ""},
	{"jalr", indirect, "m.x[S.rd] = LINK"},
	{"jr", indirect, ""},
}

// load is the body of a load of some bits: all bytes must be in the window and have the permission.
func load(bits int, value string) string {
	return strings.Join([]string{
		"off = m.x[S.rs1] + uint32(S.imm)",
		"if off >= limit || " + refused("read", bits) + " {", "FAIL", "}",
		"m.x[S.rd] = " + value,
	}, "\n")
}

// store is the body of a store. It marks only the page it begins in: see arena.
func store(bits int, value string) string {
	return strings.Join([]string{
		"off = m.x[S.rs1] + uint32(S.imm)",
		"if off >= limit || " + refused("write", bits) + " {", "FAIL", "}",
		"DIRTY = 1",
		fmt.Sprintf("STORE%d(%s)", bits, value),
	}, "\n")
}

// refused is the condition that the fast path cannot do an access. A granule that does not allow
// accesses that go on in the next one, as before memory that is not mapped, allows those that do not.
func refused(kind string, bits int) string {
	if bits == 8 {
		return "PERM&" + kind + "1 == 0"
	}
	return fmt.Sprintf("PERM&%s4 == 0 && (PERM&%s1 == 0 || off%%granule > granule-%d)",
		kind, kind, bits/8)
}

// named returns the operation of a name.
func named(name string) (*operation, bool) {
	for i := range operations {
		if operations[i].name == name {
			return &operations[i], true
		}
	}
	return nil, false
}
