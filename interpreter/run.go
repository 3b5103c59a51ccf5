package interpreter

import (
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/trap"
)

// Run executes until the frame returns, traps or calls the host. After HostCall, serve the call
// and run again; after any other stop the frame is over and Run returns the same stop.
func (m *Machine) Run() Stop {
	if m.ended.Kind != 0 {
		return m.ended
	}
	for {
		if r := m.code.regionOf(m.pc); r != nil && m.pc%4 == 0 && m.precharge(r) {
			if stop := m.exec(r); stop.Kind != 0 {
				return stop
			}
			continue
		}
		// The exact path: end of frame, bad pc, the zero tail of a segment, or gas that does not cover
		// the rest of the run, which then ends the frame within that run.
		if stop, stopped := m.Step(); stopped {
			return stop
		}
	}
}

// precharge takes the gas of the run from pc to its end, if pc is predecoded and the gas covers it.
func (m *Machine) precharge(r *region) bool {
	i := (m.pc - r.base) / 4
	if i >= uint32(len(r.code)-1) || m.gas < r.code[i].suffix {
		return false
	}
	m.gas -= r.code[i].suffix
	return true
}

// exec executes from pc, whose run is charged, until the machine stops or control leaves what r has
// predecoded or what the gas covers; then the stop's kind is 0 and pc is where to go on.
func (m *Machine) exec(r *region) Stop {
	var (
		x      = &m.x
		code   = r.code
		last   = uint32(len(code) - 1) // index of opEnd
		i      = (m.pc - r.base) / 4
		start  = i // where the current run was entered
		target uint32
		v      uint32
		ok     bool
	)
	for {
		o := &code[i]
		switch o.op {
		case riscv.LUI:
			x[o.rd] = uint32(o.imm)
		case riscv.AUIPC:
			x[o.rd] = r.base + i*4 + uint32(o.imm)
		case riscv.ADDI:
			x[o.rd] = x[o.rs1] + uint32(o.imm)
		case riscv.SLTI:
			x[o.rd] = bit(int32(x[o.rs1]) < o.imm)
		case riscv.SLTIU:
			x[o.rd] = bit(x[o.rs1] < uint32(o.imm))
		case riscv.XORI:
			x[o.rd] = x[o.rs1] ^ uint32(o.imm)
		case riscv.ORI:
			x[o.rd] = x[o.rs1] | uint32(o.imm)
		case riscv.ANDI:
			x[o.rd] = x[o.rs1] & uint32(o.imm)
		case riscv.SLLI:
			x[o.rd] = x[o.rs1] << (o.imm & 31)
		case riscv.SRLI:
			x[o.rd] = x[o.rs1] >> (o.imm & 31)
		case riscv.SRAI:
			x[o.rd] = uint32(int32(x[o.rs1]) >> (o.imm & 31))
		case riscv.ADD:
			x[o.rd] = x[o.rs1] + x[o.rs2]
		case riscv.SUB:
			x[o.rd] = x[o.rs1] - x[o.rs2]
		case riscv.SLL:
			x[o.rd] = x[o.rs1] << (x[o.rs2] & 31)
		case riscv.SLT:
			x[o.rd] = bit(int32(x[o.rs1]) < int32(x[o.rs2]))
		case riscv.SLTU:
			x[o.rd] = bit(x[o.rs1] < x[o.rs2])
		case riscv.XOR:
			x[o.rd] = x[o.rs1] ^ x[o.rs2]
		case riscv.SRL:
			x[o.rd] = x[o.rs1] >> (x[o.rs2] & 31)
		case riscv.SRA:
			x[o.rd] = uint32(int32(x[o.rs1]) >> (x[o.rs2] & 31))
		case riscv.OR:
			x[o.rd] = x[o.rs1] | x[o.rs2]
		case riscv.AND:
			x[o.rd] = x[o.rs1] & x[o.rs2]
		case riscv.MUL:
			x[o.rd] = x[o.rs1] * x[o.rs2]
		case riscv.MULH:
			x[o.rd] = uint32(uint64(int64(int32(x[o.rs1]))*int64(int32(x[o.rs2]))) >> 32)
		case riscv.MULHSU:
			x[o.rd] = uint32(uint64(int64(int32(x[o.rs1]))*int64(x[o.rs2])) >> 32)
		case riscv.MULHU:
			x[o.rd] = uint32(uint64(x[o.rs1]) * uint64(x[o.rs2]) >> 32)
		case riscv.DIV:
			x[o.rd] = div(x[o.rs1], x[o.rs2])
		case riscv.DIVU:
			x[o.rd] = divu(x[o.rs1], x[o.rs2])
		case riscv.REM:
			x[o.rd] = rem(x[o.rs1], x[o.rs2])
		case riscv.REMU:
			x[o.rd] = remu(x[o.rs1], x[o.rs2])
		case riscv.FENCE:

		case riscv.LB:
			if v, ok = m.load8(x[o.rs1] + uint32(o.imm)); !ok {
				return m.trapInRun(r, start, i, trap.LoadFault)
			}
			x[o.rd] = uint32(int8(v))
		case riscv.LBU:
			if v, ok = m.load8(x[o.rs1] + uint32(o.imm)); !ok {
				return m.trapInRun(r, start, i, trap.LoadFault)
			}
			x[o.rd] = v
		case riscv.LH:
			if v, ok = m.load16(x[o.rs1] + uint32(o.imm)); !ok {
				return m.trapInRun(r, start, i, trap.LoadFault)
			}
			x[o.rd] = uint32(int16(v))
		case riscv.LHU:
			if v, ok = m.load16(x[o.rs1] + uint32(o.imm)); !ok {
				return m.trapInRun(r, start, i, trap.LoadFault)
			}
			x[o.rd] = v
		case riscv.LW:
			if v, ok = m.load32(x[o.rs1] + uint32(o.imm)); !ok {
				return m.trapInRun(r, start, i, trap.LoadFault)
			}
			x[o.rd] = v
		case riscv.SB:
			if !m.store8(x[o.rs1]+uint32(o.imm), x[o.rs2]) {
				return m.trapInRun(r, start, i, trap.StoreFault)
			}
		case riscv.SH:
			if !m.store16(x[o.rs1]+uint32(o.imm), x[o.rs2]) {
				return m.trapInRun(r, start, i, trap.StoreFault)
			}
		case riscv.SW:
			if !m.store32(x[o.rs1]+uint32(o.imm), x[o.rs2]) {
				return m.trapInRun(r, start, i, trap.StoreFault)
			}

		case riscv.BEQ:
			ok = x[o.rs1] == x[o.rs2]
			goto branch
		case riscv.BNE:
			ok = x[o.rs1] != x[o.rs2]
			goto branch
		case riscv.BLT:
			ok = int32(x[o.rs1]) < int32(x[o.rs2])
			goto branch
		case riscv.BGE:
			ok = int32(x[o.rs1]) >= int32(x[o.rs2])
			goto branch
		case riscv.BLTU:
			ok = x[o.rs1] < x[o.rs2]
			goto branch
		case riscv.BGEU:
			ok = x[o.rs1] >= x[o.rs2]
			goto branch
		case riscv.JAL:
			if target = r.base + i*4 + uint32(o.imm); target&2 != 0 {
				return m.trapInRun(r, start, i, trap.MisalignedJump)
			}
			x[o.rd] = r.base + i*4 + 4
			goto jump
		case riscv.JALR:
			if target = (x[o.rs1] + uint32(o.imm)) &^ 1; target&2 != 0 {
				return m.trapInRun(r, start, i, trap.MisalignedJump)
			}
			x[o.rd] = r.base + i*4 + 4
			goto jump

		case riscv.ECALL:
			m.pc = r.base + i*4 + 4
			m.count += uint64(i - start + 1)
			return Stop{Kind: HostCall}
		case riscv.EBREAK:
			return m.trapInRun(r, start, i, trap.Breakpoint)
		case opEnd:
			m.pc = r.base + i*4
			m.count += uint64(i - start)
			return Stop{}
		default:
			return m.trapInRun(r, start, i, trap.IllegalInstruction)
		}
		i++
		continue

	branch:
		target = r.base + i*4 + 4
		if ok {
			if target = r.base + i*4 + uint32(o.imm); target&2 != 0 {
				return m.trapInRun(r, start, i, trap.MisalignedJump)
			}
		}
	jump:
		m.count += uint64(i - start + 1)
		i = (target - r.base) / 4
		if i >= last || m.gas < code[i].suffix {
			m.pc = target
			return Stop{}
		}
		m.gas -= code[i].suffix
		start = i
	}
}

// trapInRun ends the frame at instruction i of a run entered at start: the gas of the instructions
// after i, which did not execute, goes back.
func (m *Machine) trapInRun(r *region, start, i uint32, code trap.Code) Stop {
	o := &r.code[i]
	m.gas += o.suffix - uint64(m.code.costs.Of(o.op))
	m.count += uint64(i - start + 1)
	m.pc = r.base + i*4
	return m.trap(code)
}
