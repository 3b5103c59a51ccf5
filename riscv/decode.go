package riscv

// Inst is one decoded instruction. Fields that its format does not have are 0.
type Inst struct {
	Op  Op
	Rd  uint8
	Rs1 uint8
	Rs2 uint8
	// Imm is the sign-extended immediate: the value added or compared for I and S, the byte distance
	// for B and J, the upper 20 bits in place for U, the shift amount 0..31 for shifts.
	Imm int32
}

// Words of the two SYSTEM instructions (RISC-V Unprivileged ISA, §2.8).
const (
	wordECALL  = 0x00000073
	wordEBREAK = 0x00100073
	wordFENCE  = 0x0ff0000f // fence iorw, iorw: what Encode writes
)

var (
	branchOps = [8]Op{0: BEQ, 1: BNE, 4: BLT, 5: BGE, 6: BLTU, 7: BGEU}
	loadOps   = [8]Op{0: LB, 1: LH, 2: LW, 4: LBU, 5: LHU}
	storeOps  = [8]Op{0: SB, 1: SH, 2: SW}
	immOps    = [8]Op{0: ADDI, 2: SLTI, 3: SLTIU, 4: XORI, 6: ORI, 7: ANDI}
	baseOps   = [8]Op{ADD, SLL, SLT, SLTU, XOR, SRL, OR, AND}
	mulOps    = [8]Op{MUL, MULH, MULHSU, MULHU, DIV, DIVU, REM, REMU}
)

// Decode returns the instruction that word encodes. It is total: a word that the RV32I and M
// tables do not list gives Inst{Op: OpIllegal}. HINT encodings decode as their base instruction,
// and MISC-MEM with funct3 0 is FENCE whatever its other fields.
func Decode(word uint32) Inst {
	funct3 := word >> 12 & 7
	switch word & 0x7f {
	case majorLUI:
		return Inst{Op: LUI, Rd: rd(word), Imm: immU(word)}
	case majorAUIPC:
		return Inst{Op: AUIPC, Rd: rd(word), Imm: immU(word)}
	case majorJAL:
		return Inst{Op: JAL, Rd: rd(word), Imm: immJ(word)}
	case majorJALR:
		if funct3 == 0 {
			return Inst{Op: JALR, Rd: rd(word), Rs1: rs1(word), Imm: immI(word)}
		}
	case majorBranch:
		if op := branchOps[funct3]; op != OpIllegal {
			return Inst{Op: op, Rs1: rs1(word), Rs2: rs2(word), Imm: immB(word)}
		}
	case majorLoad:
		if op := loadOps[funct3]; op != OpIllegal {
			return Inst{Op: op, Rd: rd(word), Rs1: rs1(word), Imm: immI(word)}
		}
	case majorStore:
		if op := storeOps[funct3]; op != OpIllegal {
			return Inst{Op: op, Rs1: rs1(word), Rs2: rs2(word), Imm: immS(word)}
		}
	case majorOpImm:
		return decodeImm(word, funct3)
	case majorOp:
		if op := registerOp(word>>25, funct3); op != OpIllegal {
			return Inst{Op: op, Rd: rd(word), Rs1: rs1(word), Rs2: rs2(word)}
		}
	case majorFence:
		if funct3 == 0 {
			return Inst{Op: FENCE}
		}
	case majorSystem:
		switch word {
		case wordECALL:
			return Inst{Op: ECALL}
		case wordEBREAK:
			return Inst{Op: EBREAK}
		}
	}
	return Inst{}
}

// decodeImm decodes OP-IMM. A shift with bit 25 set is reserved on RV32 and thus illegal.
func decodeImm(word, funct3 uint32) Inst {
	op, imm := immOps[funct3], immI(word)
	if op == OpIllegal {
		imm &= 31
		switch {
		case funct3 == 1 && word>>25 == 0x00:
			op = SLLI
		case funct3 == 5 && word>>25 == 0x00:
			op = SRLI
		case funct3 == 5 && word>>25 == 0x20:
			op = SRAI
		default:
			return Inst{}
		}
	}
	return Inst{Op: op, Rd: rd(word), Rs1: rs1(word), Imm: imm}
}

func registerOp(funct7, funct3 uint32) Op {
	switch {
	case funct7 == 0x00:
		return baseOps[funct3]
	case funct7 == 0x01:
		return mulOps[funct3]
	case funct7 == 0x20 && funct3 == 0:
		return SUB
	case funct7 == 0x20 && funct3 == 5:
		return SRA
	}
	return OpIllegal
}

func rd(word uint32) uint8  { return uint8(word >> 7 & 31) }
func rs1(word uint32) uint8 { return uint8(word >> 15 & 31) }
func rs2(word uint32) uint8 { return uint8(word >> 20 & 31) }

func immI(word uint32) int32 { return int32(word) >> 20 }
func immS(word uint32) int32 { return int32(word)>>25<<5 | int32(word>>7&31) }
func immU(word uint32) int32 { return int32(word & 0xfffff000) }

func immB(word uint32) int32 {
	return int32(word)>>31<<12 | int32(word>>7&1)<<11 | int32(word>>25&0x3f)<<5 |
		int32(word>>8&0xf)<<1
}

func immJ(word uint32) int32 {
	return int32(word)>>31<<20 | int32(word>>12&0xff)<<12 | int32(word>>20&1)<<11 |
		int32(word>>21&0x3ff)<<1
}
