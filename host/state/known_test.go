package state

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// asked notes the keys that a backend is asked for.
type asked struct {
	Backend
	keys []Key
}

func (a *asked) Get(k Key) ([]byte, bool, error) {
	a.keys = append(a.keys, k)
	return a.Backend.Get(k)
}

// TestKnownCodeCannotBeSeen: whether the caller knows the code, from another state or this one, has
// no influence on what is read, what is charged, the fault and the code, in invented states, too.
func TestKnownCodeCannotBeSeen(t *testing.T) {
	t.Parallel()
	code := slices.Concat(
		bytes.Repeat([]byte{7}, ChunkSize), bytes.Repeat([]byte{8}, ChunkSize), []byte{9})
	a := address.OfTemplate(address.CodeHash(code))
	good := newBackend()
	s := New(good)
	s.PutTemplate(code)
	good.apply(s.Changes())
	record := recordOf(KindTemplate, a, nil)
	hash := address.CodeHash(code)
	head := func(size ...byte) []byte { return record.leaf(append(hash[:], size...)) }
	chunk := func(i int) Key { return KeyOf(KindCode, a, chunkSlot(i)) }
	leaf := func(i int, b []byte) []byte {
		r := recordOf(KindCode, a, chunkSlot(i))
		return r.leaf(b)
	}
	for _, tc := range []struct {
		name    string
		invent  func(b *mapBackend)
		readTo  int // keys that are read
		succeed bool
	}{
		{"good", func(*mapBackend) {}, 4, true},
		{"wrong first chunk", func(b *mapBackend) {
			b.values[chunk(0)] = leaf(0, bytes.Repeat([]byte{8}, ChunkSize))
		}, 4, false},
		{"wrong last chunk", func(b *mapBackend) { b.values[chunk(2)] = leaf(2, []byte{8}) }, 4, false},
		{"no first chunk", func(b *mapBackend) { delete(b.values, chunk(0)) }, 2, false},
		{"no second chunk", func(b *mapBackend) { delete(b.values, chunk(1)) }, 3, false},
		{"short chunk", func(b *mapBackend) { b.values[chunk(1)] = leaf(1, code[:9]) }, 3, false},
		{"shorter record", func(b *mapBackend) { b.values[record.key] = head(0, 32, 0, 0) }, 3, false},
		{"longer record", func(b *mapBackend) { b.values[record.key] = head(2, 32, 0, 0) }, 4, false},
	} {
		b := newBackend()
		for k, v := range good.values { //lint:unordered a copy
			b.values[k] = v
		}
		tc.invent(b)
		type seen struct {
			code  []byte
			ok    bool
			fault any
			used  metering.Units
			keys  []Key
		}
		look := func(s *State, reads *asked, known []byte) seen {
			reads.keys = nil
			units := metering.Units{metering.Read: 1 << 40}
			m := metering.NewMeter(metering.V1(), units, 100, 1<<20, 1<<20)
			s.BeginTx(m)
			got, ok := s.Code(a, known)
			return seen{got, ok, s.TakeFault(), m.Used(), reads.keys}
		}
		var first, second seen
		for i, knows := range [][2][]byte{{nil, nil}, {code, code}, {nil, code}, {code, nil}} {
			reads := &asked{Backend: b}
			s := New(reads)
			one, two := look(s, reads, knows[0]), look(s, reads, knows[1])
			if i == 0 {
				first, second = one, two
			}
			require.Equal(t, first, one, tc.name)
			require.Equal(t, second, two, tc.name)
			require.Equal(t, tc.succeed, one.ok, tc.name)
			require.Equal(t, tc.succeed, two.ok, tc.name)
			require.Equal(t, one.used, two.used, tc.name)
			require.Len(t, one.keys, tc.readTo, tc.name)
		}
	}
}
