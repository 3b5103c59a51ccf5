package calibrate

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/riscv/asm"
)

// Sizes of the templates that are deployed and entered.
const (
	denseCode   = 48 << 10 // instructions, of the most that a template's file holds
	mostExports = 256
)

func deployCalls() []hostCall {
	return []hostCall{
		deployCall("DeployBase", "deploy of little", codeOf(1), 50, false),
		deployCall("DeployWord", "deploy of dense code", codeOf(denseCode), 4, true),
		deployCall("DeployWord", "deploy of 256 exports", exportsOf(mostExports), 20, true),
	}
}

// deployCall deploys code again and again, each time with another number in its last four bytes.
func deployCall(price, name string, code []byte, count int, words bool) hostCall {
	h := hostCall{price: price, name: name, count: count,
		mem:   func(*arena) []byte { return append(make([]byte, 32), code...) },
		setup: at("a0", 32) + fmt.Sprintf("li a1, %d\n", len(code)) + at("a2", 0) + at("s1", 28+len(code)),
		body:  "lw t1, 0(s1)\naddi t1, t1, 1\nsw t1, 0(s1)\nli t0, 0xA5\necall\n",
	}
	if words {
		h.units = len(code) / wordBytes
	}
	return h
}

// codeOf is a template of n instructions whose method is the last of them.
func codeOf(n int) []byte {
	return elfOf(".export run\n" + strings.Repeat("add t1, t1, t2\n", n-1) + "run: ret\n")
}

// exportsOf is a template of n methods with short names.
func exportsOf(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ".export run, m%d\n", i)
	}
	return elfOf(b.String() + "run: ret\n")
}

// elfOf is a program's file, and four bytes that may be anything.
func elfOf(source string) []byte {
	o, err := asm.Assemble(source, asm.DefaultBase)
	if err != nil {
		panic("BUG: calibrate: " + err.Error())
	}
	return append(o.ELF(asm.ELFOptions{}), 0, 0, 0, 0)
}
