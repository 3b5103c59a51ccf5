package stf

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/scale"
)

// Leaf is one stored value, taken apart: kind u8 ‖ owner 24 ‖ slot Vec<u8> ‖ payload.
type Leaf struct {
	Kind    state.Kind
	Owner   address.Address
	Slot    string // name of a system record, key of a storage slot, index of a code chunk
	Payload []byte
}

// Walk calls fn for every leaf of a state, in key order, until fn returns an error, which is
// returned. It is for tools and checks: its time is that of reading the whole state.
func Walk(t *statetree.Tree, fn func(Leaf) error) error {
	var first, at statetree.Key
	for i := range at {
		at[i] = 0xff
	}
	for n := 0; ; n++ {
		key, value, ok, err := t.Next(at)
		switch {
		case err != nil:
			return err
		case !ok || n > 0 && key == first:
			return nil
		case n == 0:
			first = key
		}
		l, err := parseLeaf(value)
		if err != nil {
			return fmt.Errorf("%w: leaf %v: %w", ErrCorrupt, key, err)
		}
		if err := fn(l); err != nil {
			return err
		}
		at = key
	}
}

func parseLeaf(value []byte) (l Leaf, err error) {
	d := scale.NewDecoder(value)
	l.Kind = state.Kind(d.U8())
	d.Fill(l.Owner[:])
	l.Slot = string(d.Bytes(len(value)))
	l.Payload = d.Raw(d.Remaining())
	return l, d.Err()
}
