package gdbstub

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/athenarollup/athena/riscv"
)

const (
	okReply    = "OK"
	errorReply = "E01"
	registerPC = riscv.Registers // its number in GDB
)

// handle executes a packet. A silent one gets no reply now: the program goes on. Packets that are
// not known get the empty reply that the protocol wants.
func (s *Stub) handle(packet []byte) (reply string, silent bool, err error) {
	if len(packet) == 0 {
		return "", false, nil
	}
	rest := string(packet[1:])
	switch packet[0] {
	case '?':
		return s.last, false, nil
	case 'g':
		return s.registers(), false, nil
	case 'G':
		return s.setRegisters(rest), false, nil
	case 'p':
		return s.register(rest), false, nil
	case 'P':
		return s.setRegister(rest), false, nil
	case 'm':
		return s.readMemory(rest), false, nil
	case 'M':
		return s.writeHex(rest), false, nil
	case 'X':
		return s.writeBinary(packet[1:]), false, nil
	case 'Z', 'z':
		return s.point(packet[0] == 'Z', rest), false, nil
	case 'H', 'T':
		return okReply, false, nil // there is one thread
	case 'c', 's', 'C', 'S':
		return s.resume(packet[0], rest)
	case 'v':
		return s.verbose(rest)
	case 'D':
		s.mode = detached
		return "", true, s.wire.write(okReply)
	case 'k':
		return "", true, ErrKilled
	case 'q', 'Q':
		return s.query(string(packet)), false, nil
	}
	return "", false, nil
}

// resume is c, s, C and S: an address may follow, after a signal, which is ignored.
func (s *Stub) resume(kind byte, rest string) (string, bool, error) {
	if kind == 'C' || kind == 'S' {
		_, rest, _ = strings.Cut(rest, ";")
	}
	if rest != "" {
		addr, ok := number(rest)
		if !ok {
			return errorReply, false, nil
		}
		s.setPC(addr)
	}
	s.mode = running
	if kind == 's' || kind == 'S' {
		s.mode = stepping
	}
	return "", true, nil
}

// verbose is the packets with long names.
func (s *Stub) verbose(rest string) (string, bool, error) {
	switch {
	case rest == "Cont?":
		return "vCont;c;C;s;S", false, nil
	case strings.HasPrefix(rest, "Cont;"):
		// There is one thread, so the first action is the one that counts.
		switch action := rest[len("Cont;"):]; {
		case action == "":
		case action[0] == 'c' || action[0] == 'C':
			s.mode = running
			return "", true, nil
		case action[0] == 's' || action[0] == 'S':
			s.mode = stepping
			return "", true, nil
		}
		return errorReply, false, nil
	case strings.HasPrefix(rest, "Kill"):
		if err := s.wire.write(okReply); err != nil {
			return "", true, err
		}
		return "", true, ErrKilled
	}
	return "", false, nil
}

// registers is all of them, little endian: x0 to x31, then pc.
func (s *Stub) registers() string {
	var b []byte
	for i := range riscv.Registers {
		b = binary.LittleEndian.AppendUint32(b, s.m.Reg(i))
	}
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(b, s.m.PC()))
}

func (s *Stub) setRegisters(text string) string {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 4*(riscv.Registers+1) {
		return errorReply
	}
	for i := range riscv.Registers {
		s.m.SetReg(i, binary.LittleEndian.Uint32(b[4*i:]))
	}
	if pc := binary.LittleEndian.Uint32(b[4*registerPC:]); pc != s.m.PC() {
		s.setPC(pc)
	}
	return okReply
}

func (s *Stub) register(text string) string {
	n, ok := number(text)
	var v uint32
	switch {
	case !ok || n > registerPC:
		return errorReply
	case n == registerPC:
		v = s.m.PC()
	default:
		v = s.m.Reg(int(n))
	}
	return hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, v))
}

func (s *Stub) setRegister(text string) string {
	name, digits, _ := strings.Cut(text, "=")
	n, ok := number(name)
	b, err := hex.DecodeString(digits)
	if !ok || n > registerPC || err != nil || len(b) != 4 {
		return errorReply
	}
	v := binary.LittleEndian.Uint32(b)
	if n == registerPC {
		s.setPC(v)
	} else {
		s.m.SetReg(int(n), v)
	}
	return okReply
}

// setPC puts the frame elsewhere; it may then run on even if it had trapped.
func (s *Stub) setPC(pc uint32) {
	var regs [riscv.Registers]uint32
	for i := range regs {
		regs[i] = s.m.Reg(i)
	}
	s.m.Start(pc, s.m.Gas()) // leaves memory alone
	for i, v := range regs {
		s.m.SetReg(i, v)
	}
	s.moved = true
}

// area reads "addr,length".
func area(text string) (addr, n uint32, ok bool) {
	first, second, _ := strings.Cut(text, ",")
	addr, ok1 := number(first)
	n, ok2 := number(second)
	return addr, n, ok1 && ok2
}

func (s *Stub) readMemory(text string) string {
	addr, n, ok := area(text)
	if !ok {
		return errorReply
	}
	n = min(n, MaxPacket/2)
	for ; n > 0; n /= 2 { // a part is a good answer where the rest is not mapped
		if b, ok := s.m.Read(addr, n); ok {
			return hex.EncodeToString(b)
		}
	}
	return errorReply
}

func (s *Stub) writeHex(text string) string {
	where, digits, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(digits)
	if err != nil {
		return errorReply
	}
	return s.writeMemory(where, b)
}

// writeBinary is X: raw bytes, in which } escapes the next one.
func (s *Stub) writeBinary(packet []byte) string {
	colon := slices.Index(packet, ':')
	if colon < 0 {
		return errorReply
	}
	var b []byte
	for data := packet[colon+1:]; len(data) > 0; data = data[1:] {
		if data[0] == '}' && len(data) > 1 {
			data = data[1:]
			b = append(b, data[0]^0x20)
			continue
		}
		b = append(b, data[0])
	}
	return s.writeMemory(string(packet[:colon]), b)
}

// writeMemory writes where the program could: code and constants stay what they are.
func (s *Stub) writeMemory(where string, b []byte) string {
	addr, n, ok := area(where)
	if !ok || uint64(n) != uint64(len(b)) || !s.m.Write(addr, b) {
		return errorReply
	}
	return okReply
}

// point sets or removes a breakpoint (Z0, Z1) or a watchpoint (Z2, Z3, Z4).
func (s *Stub) point(set bool, text string) string {
	kind, where, _ := strings.Cut(text, ",")
	where, _, _ = strings.Cut(where, ";") // conditions are the debugger's own business
	addr, size, ok := area(where)
	if !ok {
		return errorReply
	}
	switch kind {
	case "0", "1":
		if set && len(s.breaks) >= maxBreaks {
			return errorReply
		}
		if delete(s.breaks, addr); set {
			s.breaks[addr] = true
		}
		return okReply
	case "2", "3", "4":
		w := watchpoint{kind[0], addr, size}
		s.watches = slices.DeleteFunc(s.watches, func(x watchpoint) bool { return x == w })
		if set {
			if len(s.watches) >= maxWatches {
				return errorReply
			}
			s.watches = append(s.watches, w)
		}
		return okReply
	}
	return ""
}

// query is the packets that ask for what stub and target can do.
func (s *Stub) query(packet string) string {
	name, args, _ := strings.Cut(packet, ":")
	switch name {
	case "qSupported":
		return fmt.Sprintf("PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;"+
			"vContSupported+", MaxPacket)
	case "QStartNoAckMode":
		s.wire.noAck = true // from the next packet on: this one was acknowledged
		return okReply
	case "qXfer":
		return transfer(args)
	case "qC":
		return "QC1"
	case "qfThreadInfo":
		return "m1"
	case "qsThreadInfo":
		return "l"
	case "qAttached":
		return "1" // leaving lets the program run on
	case "qSymbol":
		return okReply
	}
	if command, ok := strings.CutPrefix(packet, "qRcmd,"); ok {
		return s.monitor(command)
	}
	return ""
}

// monitor is GDB's command of that name, in hex; the reply is text in hex.
func (s *Stub) monitor(command string) string {
	b, err := hex.DecodeString(command)
	if err != nil {
		return errorReply
	}
	text := "commands: gas\n"
	if strings.TrimSpace(string(b)) == "gas" {
		text = fmt.Sprintf("gas left %d\n", s.m.Gas())
	}
	return hex.EncodeToString([]byte(text))
}

// number reads hex digits of at most 32 bits.
func number(text string) (uint32, bool) {
	v, err := strconv.ParseUint(text, 16, 32)
	return uint32(v), err == nil
}
