package runner

import (
	"fmt"
	"strings"

	"github.com/athenarollup/athena/address"
)

// names gives addresses the names that people know them by, both ways.
type names struct {
	program string // of the file: the contract's name in lower case, or the file's
	of      map[address.Address]string
	known   map[string]address.Address
}

// people are scratch accounts that a call may name.
var people = []string{"caller", "alice", "bob", "carol"}

func newNames(program string) *names {
	n := &names{
		program: program, of: map[address.Address]string{}, known: map[string]address.Address{},
	}
	for _, name := range people {
		n.add(name, address.OfSpawn(address.Zero, []byte("athena run: "+name)))
	}
	return n
}

func (n *names) add(name string, a address.Address) {
	n.of[a] = name
	n.known[name] = a
}

// show is an address as people read it.
func (n *names) show(a address.Address) string {
	if name, ok := n.of[a]; ok {
		return name
	}
	if a.IsZero() {
		return "0"
	}
	return a.String()
}

// account is the name of a frame's account: the program's, with the address if it is another
// instance than the one that the run is about.
func (n *names) account(a address.Address) string {
	if name, ok := n.of[a]; !ok || name != "self" && name != "template" {
		return fmt.Sprintf("%s(%s)", n.program, n.show(a))
	}
	return n.program
}

// resolve puts addresses in place of the names in a call such as transfer(bob, 5). Text in quotes
// is left alone.
func (n *names) resolve(call string) string {
	open := strings.IndexByte(call, '(')
	if open < 0 {
		return call
	}
	var b strings.Builder
	b.WriteString(call[:open])
	rest, quoted := call[open:], false
	for i := 0; i < len(rest); {
		switch c := rest[i]; {
		case quoted && c == '\\' && i+1 < len(rest):
			b.WriteString(rest[i : i+2])
			i += 2
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && isWord(c):
			word := rest[i : i+wordLength(rest[i:])]
			if a, ok := n.known[word]; ok {
				b.WriteString(a.String())
			} else {
				b.WriteString(word)
			}
			i += len(word)
			continue
		}
		b.WriteByte(rest[i])
		i++
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func wordLength(s string) int {
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	return n
}
