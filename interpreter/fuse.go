package interpreter

import "github.com/athenarollup/athena/riscv"

// singleOps gives the operation of an instruction whose operands are regular. Those that the loop
// does not know leave it.
var singleOps = [riscv.NumOps]opcode{
	riscv.LUI: opLi, riscv.AUIPC: opLi, riscv.JAL: opJal, riscv.JALR: opJalr,
	riscv.BEQ: opBeq, riscv.BNE: opBne, riscv.BLT: opBlt, riscv.BGE: opBge,
	riscv.BLTU: opBltu, riscv.BGEU: opBgeu,
	riscv.LB: opLb, riscv.LH: opLh, riscv.LW: opLw, riscv.LBU: opLbu, riscv.LHU: opLhu,
	riscv.SB: opSb, riscv.SH: opSh, riscv.SW: opSw,
	riscv.ADDI: opAddi, riscv.SLTI: opSlti, riscv.SLTIU: opSltiu, riscv.XORI: opXori,
	riscv.ORI: opOri, riscv.ANDI: opAndi, riscv.SLLI: opSlli, riscv.SRLI: opSrli, riscv.SRAI: opSrai,
	riscv.ADD: opAdd, riscv.SUB: opSub, riscv.SLL: opSll, riscv.SLT: opSlt, riscv.SLTU: opSltu,
	riscv.XOR: opXor, riscv.SRL: opSrl, riscv.SRA: opSra, riscv.OR: opOr, riscv.AND: opAnd,
	riscv.FENCE: opNop, riscv.ECALL: opEcall,
	riscv.MUL: opMul, riscv.MULH: opMulh, riscv.MULHSU: opMulhsu, riscv.MULHU: opMulhu,
	riscv.DIV: opDiv, riscv.DIVU: opDivu, riscv.REM: opRem, riscv.REMU: opRemu,
}

// node is a state of the automaton that finds fused operations: the operations read so far.
type node struct {
	child [numSingle]uint16 // index of the node with one operation more; 0: none
	op    opcode            // the fused operation that ends here; 0: none
}

// nodes is a trie of fusedOps, which is built from them once and never changes. Node 0 is the root.
var nodes = buildNodes()

func buildNodes() []node {
	all := make([]node, 1, 2*len(fusedOps)+numSingle)
	for k, parts := range fusedOps {
		at := uint16(0)
		for _, p := range parts {
			if all[at].child[p] == 0 {
				all = append(all, node{})
				all[at].child[p] = uint16(len(all) - 1)
			}
			at = all[at].child[p]
		}
		all[at].op = opcode(numSingle + k)
	}
	return all
}

// fuser chooses, from the end of a region to its beginning, the operation for each instruction such
// that the run from there takes the fewest steps.
type fuser struct {
	ops   [maxFused]opcode // single operations that follow, the nearest first
	steps [maxFused]uint32 // steps from there to the end of the run
	known int              // how many of them belong to the run
}

func newFuser() *fuser { return &fuser{} }

// next returns the operation for an instruction before those seen so far.
func (f *fuser) next(op opcode, ends bool) opcode {
	if ends {
		f.known = 0
	}
	best, steps := op, uint32(1)
	if f.known > 0 {
		steps += f.steps[0]
	}
	for k, at := 0, nodes[0].child[op]; at != 0 && k < f.known; k++ {
		if at = nodes[at].child[f.ops[k]]; at == 0 || nodes[at].op == 0 {
			continue
		}
		after := uint32(1)
		if k+1 < f.known {
			after += f.steps[k+1]
		}
		if after < steps {
			best, steps = nodes[at].op, after
		}
	}
	copy(f.ops[1:], f.ops[:])
	copy(f.steps[1:], f.steps[:])
	f.ops[0], f.steps[0] = op, steps
	f.known = min(f.known+1, maxFused)
	return best
}

// first is the first part of an operation: itself if it is a single one.
func (op opcode) first() opcode {
	if op < numSingle {
		return op
	}
	return fusedOps[op-numSingle][0]
}

// length is the number of instructions of an operation.
func (op opcode) length() int {
	if op < numSingle {
		return 1
	}
	return len(fusedOps[op-numSingle])
}
