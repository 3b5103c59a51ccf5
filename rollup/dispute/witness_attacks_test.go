package dispute_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/athenarollup/athena/rollup"
)

// TestWitnessAttacks plays the transcripts of testdata/attacks: what a challenger may show for the
// steps of story, and what the judge says of it ([4], [47], [48]).
//
//	step name      the step that is judged; name is a line of story, begin or end
//	show what      every way to do it, judged for the right root, and the verdict
//
// what is one of
//
//	the witness, prefixes, extensions, flipped bits, less of each node, an extra node, a deeper leaf,
//	swapped children, swapped values, two kinds of empty, another root, the size cap
func TestWitnessAttacks(t *testing.T) {
	t.Parallel()
	steps := map[string]*proven{}
	for _, p := range story(t) {
		steps[p.name] = p
	}
	datadriven.Walk(t, "testdata/attacks", func(t *testing.T, path string) {
		var at *proven
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "step":
				if at = steps[d.Input]; at == nil {
					d.Fatalf(t, "no step %q", d.Input)
				}
				return fmt.Sprintf("witness of %s\n", sizeClass(len(at.witness)))
			case "show":
				return at.show(t, d)
			}
			d.Fatalf(t, "no command %q", d.Cmd)
			return ""
		})
	})
}

// sizeClass tells a size without pinning it.
func sizeClass(n int) string {
	if n < 4_096 {
		return "less than 4 KiB"
	}
	return "4 KiB or more"
}

// shown is a witness with the roots that it is judged for.
type shown struct {
	pre     rollup.Hash
	witness []byte
}

func (p *proven) show(t *testing.T, d *datadriven.TestData) string {
	ways := p.ways(t, d)
	count := map[rollup.VerdictCode]int{}
	for _, w := range ways {
		count[p.judge(w.pre, p.post, w.witness).Code]++
	}
	if len(count) != 1 {
		return fmt.Sprintf("verdicts differ: %v\n", count)
	}
	var b strings.Builder
	for code := range count { // of one
		many := "some ways"
		if len(ways) == 1 {
			many = "one way"
		}
		fmt.Fprintf(&b, "%s: %s\n", many, code)
	}
	return b.String()
}

// ways returns everything that a line of a transcript means.
func (p *proven) ways(t *testing.T, d *datadriven.TestData) (out []shown) {
	add := func(w []byte) { out = append(out, shown{p.pre, w}) }
	switch d.Input {
	case "the witness":
		add(p.witness)
	case "prefixes":
		for n := 0; n < len(p.witness); n += 1 + len(p.witness)/500 {
			add(p.witness[:n])
		}
	case "extensions":
		for _, b := range []byte{0, 1, 0xc0, 0xff} {
			add(append(p.witness[:len(p.witness):len(p.witness)], b))
		}
		add(append(p.witness[:len(p.witness):len(p.witness)], p.witness...))
	case "flipped bits":
		for i := 0; i < 8*len(p.witness); i += 1 + len(p.witness)/60 {
			w := bytes.Clone(p.witness)
			w[i/8] ^= 1 << (i % 8)
			add(w)
		}
	case "another root":
		for i := range p.pre {
			pre := p.pre
			pre[i] ^= 1
			out = append(out, shown{pre, p.witness})
		}
	case "the size cap":
		add(make([]byte, p.layer.Params.WitnessCap()+1))
	default:
		p.reshape(t, d, add)
	}
	return out
}

// reshape changes the tree that the witness holds, one place at a time.
func (p *proven) reshape(t *testing.T, d *datadriven.TestData, add func([]byte)) {
	root, _ := readShape(p.witness)
	nodes := root.nodes()
	for _, n := range nodes {
		whole := *n
		try := func(changed shape) {
			*n = changed
			add(root.encode(nil))
			*n = whole
		}
		switch d.Input {
		case "less of each node":
			for _, less := range whole.cuts() {
				try(less)
			}
		case "an extra node": // a place where nothing is gets a hash
			if n.tag == 0 {
				try(shape{tag: 1, depth: n.depth, hash: [32]byte{1}})
			}
		case "a deeper leaf": // a lone leaf hangs below a node of its own
			if n.tag == 2 || n.tag == 4 {
				try(deeper(n))
			}
		case "swapped children":
			if n.tag == 3 {
				swapped := whole
				swapped.kids[0], swapped.kids[1] = whole.kids[1], whole.kids[0]
				try(swapped)
			}
		case "swapped values":
			for _, other := range nodes {
				if n.tag == 2 && other.tag == 2 && !bytes.Equal(n.value, other.value) {
					swapped := whole
					swapped.value = other.value
					try(swapped)
				}
			}
		case "two kinds of empty": // nothing, written as a hash
			if n.tag == 0 {
				try(shape{tag: 1, depth: n.depth})
			}
		default:
			d.Fatalf(t, "nobody can show %q", d.Input)
		}
	}
}

// deeper hangs a leaf one level below where it belongs.
func deeper(leaf *shape) shape {
	below := *leaf
	below.depth++
	side := leaf.key[leaf.depth/8] >> (7 - leaf.depth%8) & 1
	n := shape{tag: 3, depth: leaf.depth}
	n.kids[side], n.kids[1-side] = &below, &shape{depth: leaf.depth + 1}
	return n
}
