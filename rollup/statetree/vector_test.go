package statetree

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPublishedVectors checks roots that Fuel publishes for this shape of tree (fuel-merkle, sparse
// tree test suite): the keys are the SHA-256 of counters, the values all "DATA".
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	key := func(i int) Key {
		return Key(HashValue(binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	set := func(from, to int) (ch []Change) {
		for i := from; i < to; i++ {
			ch = append(ch, Change{Key: key(i), Value: []byte("DATA")})
		}
		return ch
	}
	remove := func(from, to int) (ch []Change) {
		for i := from; i < to; i++ {
			ch = append(ch, Change{Key: key(i), Delete: true})
		}
		return ch
	}
	for _, tt := range []struct {
		name    string
		changes []Change
		root    string
	}{
		{"update 1", set(0, 1), "39f36a7cb4dfb1b46f03d044265df6a491dffc1034121bc1071a34ddce9bb14b"},
		{"update 2", set(0, 2), "8d0ae412ca9ca0afcb3217af8bcd5a673e798bd6fd1dfacad17711e883f494cb"},
		{"update 3", set(0, 3), "52295e42d8de2505fdc0cc825ff9fead419cbcf540d8b30c7c4b9c9b94c268b7"},
		{"update 5", set(0, 5), "108f731f2414e33ae57e584dc26bd276db07874436b2264ca6e520c658185c6b"},
		{"update 10", set(0, 10), "21ca4917e99da99a61de93deaf88c400d4c082991cb95779e444d43dd13e8849"},
		{"update 100", set(0, 100),
			"82bf747d455a55e2f7044a03536fc43f1f55d43b855e72c0110c986707a23e4d"},
	} {
		tree := New()
		for _, c := range tt.changes {
			require.NoError(t, tree.Apply([]Change{c}))
		}
		require.Equal(t, tt.root, tree.Root().String(), tt.name)
		require.NoError(t, tree.Apply(set(200, 260)))
		require.NoError(t, tree.Apply(remove(200, 260)))
		require.Equal(t, tt.root, tree.Root().String(), tt.name)
	}
}
