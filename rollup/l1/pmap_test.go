package l1

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Keys whose hashes are bad on purpose: they differ in high bits only, take few values, or one.
type (
	highKey  uint64
	fewKey   uint64
	equalKey uint64
)

func (k highKey) hash() uint64  { return uint64(k) << 60 }
func (k fewKey) hash() uint64   { return uint64(k) % 3 << 40 }
func (k equalKey) hash() uint64 { return 7 }

func TestPersistentMap(t *testing.T) {
	t.Parallel()
	t.Run("good", persistent[heightKey](true))
	t.Run("high", persistent[highKey](false))
	t.Run("few", persistent[fewKey](false))
	t.Run("equal", persistent[equalKey](false))
}

func content[K pkey](m pmap[K, int]) map[K]int {
	out := map[K]int{}
	m.each(func(k K, v int) { out[k] = v })
	return out
}

// persistent plays random changes on several copies beside ordinary maps. Where hashes differ, the
// same content has the same shape.
func persistent[K interface {
	~uint64
	pkey
}](shape bool) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		r := rand.New(rand.NewPCG(1, 2))
		type pair struct {
			got  pmap[K, int]
			want map[K]int
		}
		all := []pair{{want: map[K]int{}}}
		for i := range 4000 {
			p := &all[r.IntN(len(all))]
			k := K(r.Uint64N(60))
			switch op := r.IntN(10); {
			case op < 5:
				p.got.set(k, i)
				p.want[k] = i
			case op < 9:
				p.got.delete(k)
				delete(p.want, k)
			default:
				other := pair{p.got, maps.Clone(p.want)}
				if all = append(all, other); len(all) > 4 {
					all = all[1:]
				}
				continue
			}
			v, ok := p.got.get(k)
			want, there := p.want[k]
			require.Equal(t, there, ok)
			require.Equal(t, want, v)
		}
		for i := range all {
			require.Equal(t, all[i].want, content(all[i].got))
			require.Equal(t, len(all[i].want), all[i].got.size)
			var again pmap[K, int]
			for k, v := range all[i].want { //lint:unordered that is the point
				again.set(k, v)
			}
			if shape {
				require.Equal(t, all[i].got, again)
			}
		}
	}
}
