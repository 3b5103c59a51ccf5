package statetree

import "fmt"

// WitnessLimits bounds what Parse accepts.
type WitnessLimits struct {
	// Bytes is the size of the largest witness. Zero accepts none. The number of nodes is bounded
	// by it too: nodesSpare, and one for every nodeBytes.
	Bytes int
}

const (
	nodesSpare = 256
	nodeBytes  = 16
)

// StepLimits returns the limits for the witness of a step (docs/spec/witness.md): no tree
// shape exceeds them when the step touches at most that many distinct keys, bytes of values and
// bytes of code. Next touches two keys: the one it starts from and the one it finds.
//
// One key costs at most 127 levels of a hash, two bare leaves, and the codes of 257 nodes, which is
// less than its share, in nodes too. Each further key shares a node with an earlier one and stands
// in the place of a hash.
func StepLimits(keys, valueBytes, codeBytes int) WitnessLimits {
	return WitnessLimits{Bytes: keys*(MaxDepth*33+2*98) + valueBytes + codeBytes + 4096}
}

// Parse returns the pruned tree that a witness holds, if it is canonical and has the given root.
// Otherwise the error is ErrBadWitness with the reason. The tree keeps no part of the bytes. Time
// and memory are proportional to the length of the witness, which the limits bound.
func Parse(witness []byte, root Root, limits WitnessLimits) (*Tree, error) {
	return new(Parser).Parse(witness, root, limits)
}

// Parser parses witnesses of which each has much in common with the one before, as those of steps
// that follow each other: what is equal to what it hashed for that one is not hashed again. Nothing
// else of a witness shows in the next. The zero Parser is ready; it is not safe for concurrent use.
type Parser struct{ last node }

// Parse is Parse.
func (p *Parser) Parse(witness []byte, root Root, limits WitnessLimits) (*Tree, error) {
	var stack [32]frame
	d := decoder{stack: stack[:0], hint: p.last}
	n, err := d.parse(witness, root, limits)
	if n != nil {
		p.last = n
	}
	if err != nil {
		return nil, err
	}
	return &Tree{root: n}, nil
}

// parse returns the tree that a witness holds; with an error, it may be one with another root.
func (d *decoder) parse(witness []byte, root Root, limits WitnessLimits) (node, error) {
	if len(witness) > limits.Bytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed",
			ErrBadWitness, len(witness), limits.Bytes)
	}
	if err := d.init(witness, limits); err != nil {
		return nil, err
	}
	n, err := d.tree()
	if err != nil {
		return nil, err
	}
	if got := *hashOf(n); got != root {
		return n, fmt.Errorf("%w: its root is %v, not %v", ErrBadWitness, got, root)
	}
	return n, nil
}
