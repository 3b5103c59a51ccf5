package riscv

// Op names an instruction of RV32IM. Its numbers are private to a process: they are never stored.
type Op uint8

// The instructions, in the order of the ISA manual's listing (RISC-V Unprivileged ISA, chapter 34).
const (
	OpIllegal Op = iota // every encoding outside RV32IM
	LUI
	AUIPC
	JAL
	JALR
	BEQ
	BNE
	BLT
	BGE
	BLTU
	BGEU
	LB
	LH
	LW
	LBU
	LHU
	SB
	SH
	SW
	ADDI
	SLTI
	SLTIU
	XORI
	ORI
	ANDI
	SLLI
	SRLI
	SRAI
	ADD
	SUB
	SLL
	SLT
	SLTU
	XOR
	SRL
	SRA
	OR
	AND
	FENCE
	ECALL
	EBREAK
	MUL
	MULH
	MULHSU
	MULHU
	DIV
	DIVU
	REM
	REMU

	NumOps = int(REMU) + 1
)

// Format is the shape of an instruction's encoding (RISC-V Unprivileged ISA, §2.2).
type Format uint8

// The formats. FormatShift is the I-type with a 5-bit shift amount, FormatSystem has no operands.
const (
	FormatNone Format = iota
	FormatR
	FormatI
	FormatShift
	FormatLoad
	FormatS
	FormatB
	FormatU
	FormatJ
	FormatSystem
)

// Major opcodes, bits 6..0 of a word (RISC-V Unprivileged ISA, table 70).
const (
	majorLoad   = 0x03
	majorFence  = 0x0f
	majorOpImm  = 0x13
	majorAUIPC  = 0x17
	majorStore  = 0x23
	majorOp     = 0x33
	majorLUI    = 0x37
	majorBranch = 0x63
	majorJALR   = 0x67
	majorJAL    = 0x6f
	majorSystem = 0x73
)

// encoding is one row of the instruction table.
type encoding struct {
	name   string
	format Format
	major  uint32
	funct3 uint32
	funct7 uint32
}

var encodings = [NumOps]encoding{
	OpIllegal: {"illegal", FormatNone, 0, 0, 0},
	LUI:       {"lui", FormatU, majorLUI, 0, 0},
	AUIPC:     {"auipc", FormatU, majorAUIPC, 0, 0},
	JAL:       {"jal", FormatJ, majorJAL, 0, 0},
	JALR:      {"jalr", FormatI, majorJALR, 0, 0},
	BEQ:       {"beq", FormatB, majorBranch, 0, 0},
	BNE:       {"bne", FormatB, majorBranch, 1, 0},
	BLT:       {"blt", FormatB, majorBranch, 4, 0},
	BGE:       {"bge", FormatB, majorBranch, 5, 0},
	BLTU:      {"bltu", FormatB, majorBranch, 6, 0},
	BGEU:      {"bgeu", FormatB, majorBranch, 7, 0},
	LB:        {"lb", FormatLoad, majorLoad, 0, 0},
	LH:        {"lh", FormatLoad, majorLoad, 1, 0},
	LW:        {"lw", FormatLoad, majorLoad, 2, 0},
	LBU:       {"lbu", FormatLoad, majorLoad, 4, 0},
	LHU:       {"lhu", FormatLoad, majorLoad, 5, 0},
	SB:        {"sb", FormatS, majorStore, 0, 0},
	SH:        {"sh", FormatS, majorStore, 1, 0},
	SW:        {"sw", FormatS, majorStore, 2, 0},
	ADDI:      {"addi", FormatI, majorOpImm, 0, 0},
	SLTI:      {"slti", FormatI, majorOpImm, 2, 0},
	SLTIU:     {"sltiu", FormatI, majorOpImm, 3, 0},
	XORI:      {"xori", FormatI, majorOpImm, 4, 0},
	ORI:       {"ori", FormatI, majorOpImm, 6, 0},
	ANDI:      {"andi", FormatI, majorOpImm, 7, 0},
	SLLI:      {"slli", FormatShift, majorOpImm, 1, 0x00},
	SRLI:      {"srli", FormatShift, majorOpImm, 5, 0x00},
	SRAI:      {"srai", FormatShift, majorOpImm, 5, 0x20},
	ADD:       {"add", FormatR, majorOp, 0, 0x00},
	SUB:       {"sub", FormatR, majorOp, 0, 0x20},
	SLL:       {"sll", FormatR, majorOp, 1, 0x00},
	SLT:       {"slt", FormatR, majorOp, 2, 0x00},
	SLTU:      {"sltu", FormatR, majorOp, 3, 0x00},
	XOR:       {"xor", FormatR, majorOp, 4, 0x00},
	SRL:       {"srl", FormatR, majorOp, 5, 0x00},
	SRA:       {"sra", FormatR, majorOp, 5, 0x20},
	OR:        {"or", FormatR, majorOp, 6, 0x00},
	AND:       {"and", FormatR, majorOp, 7, 0x00},
	FENCE:     {"fence", FormatSystem, majorFence, 0, 0},
	ECALL:     {"ecall", FormatSystem, majorSystem, 0, 0},
	EBREAK:    {"ebreak", FormatSystem, majorSystem, 0, 0},
	MUL:       {"mul", FormatR, majorOp, 0, 0x01},
	MULH:      {"mulh", FormatR, majorOp, 1, 0x01},
	MULHSU:    {"mulhsu", FormatR, majorOp, 2, 0x01},
	MULHU:     {"mulhu", FormatR, majorOp, 3, 0x01},
	DIV:       {"div", FormatR, majorOp, 4, 0x01},
	DIVU:      {"divu", FormatR, majorOp, 5, 0x01},
	REM:       {"rem", FormatR, majorOp, 6, 0x01},
	REMU:      {"remu", FormatR, majorOp, 7, 0x01},
}

// String is the instruction's mnemonic, in lower case.
func (op Op) String() string {
	if int(op) < NumOps {
		return encodings[op].name
	}
	return encodings[OpIllegal].name
}

// Format is the shape of the instruction's encoding; FormatNone for OpIllegal and unknown numbers.
func (op Op) Format() Format {
	if int(op) < NumOps {
		return encodings[op].format
	}
	return FormatNone
}

// OpNamed returns the instruction with the given lower-case mnemonic.
func OpNamed(name string) (Op, bool) {
	for op := OpIllegal + 1; int(op) < NumOps; op++ {
		if encodings[op].name == name {
			return op, true
		}
	}
	return OpIllegal, false
}
