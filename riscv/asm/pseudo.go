package asm

// pseudo is a one-word pseudo-instruction (RISC-V Unprivileged ISA, table 68; "call" and "tail"
// reach 1 MiB only). In to, "1".."3" stand for the operands.
type pseudo struct {
	args int
	op   string
	to   []string
}

var pseudos = map[string]pseudo{
	"nop":  {0, "addi", []string{"zero", "zero", "=0"}},
	"mv":   {2, "addi", []string{"1", "2", "=0"}},
	"not":  {2, "xori", []string{"1", "2", "=-1"}},
	"neg":  {2, "sub", []string{"1", "zero", "2"}},
	"seqz": {2, "sltiu", []string{"1", "2", "=1"}},
	"snez": {2, "sltu", []string{"1", "zero", "2"}},
	"sltz": {2, "slt", []string{"1", "2", "zero"}},
	"sgtz": {2, "slt", []string{"1", "zero", "2"}},
	"beqz": {2, "beq", []string{"1", "zero", "2"}},
	"bnez": {2, "bne", []string{"1", "zero", "2"}},
	"blez": {2, "bge", []string{"zero", "1", "2"}},
	"bgez": {2, "bge", []string{"1", "zero", "2"}},
	"bltz": {2, "blt", []string{"1", "zero", "2"}},
	"bgtz": {2, "blt", []string{"zero", "1", "2"}},
	"bgt":  {3, "blt", []string{"2", "1", "3"}},
	"ble":  {3, "bge", []string{"2", "1", "3"}},
	"bgtu": {3, "bltu", []string{"2", "1", "3"}},
	"bleu": {3, "bgeu", []string{"2", "1", "3"}},
	"j":    {1, "jal", []string{"zero", "1"}},
	"jr":   {1, "jalr", []string{"zero", "1", "=0"}},
	"ret":  {0, "jalr", []string{"zero", "ra", "=0"}},
	"call": {1, "jal", []string{"ra", "1"}},
	"tail": {1, "jal", []string{"zero", "1"}},
}

// expand replaces the operand numbers by the operands.
func (p pseudo) expand(args []string) (string, []string) {
	out := make([]string, len(p.to))
	for i, t := range p.to {
		switch t {
		case "1", "2", "3":
			out[i] = args[t[0]-'1']
		default:
			out[i] = t
			if t[0] == '=' {
				out[i] = t[1:]
			}
		}
	}
	return p.op, out
}
