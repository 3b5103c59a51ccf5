package state

import (
	"encoding/hex"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/address"
)

func hexPrefix(k Key) string { return hex.EncodeToString(k[:4]) }

// model is the naive truth: a snapshot is a copy of everything.
type model struct {
	balance map[address.Address]uint64
	slots   map[[2]byte]string
	system  map[string]string
}

func (m *model) clone() model {
	return model{maps.Clone(m.balance), maps.Clone(m.slots), maps.Clone(m.system)}
}

// TestModel runs random operations with nested snapshots against the naive model, and checks that
// the net changes rebuild the same state on another backend.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := newBackend()
		s := New(b)
		m := model{map[address.Address]uint64{}, map[[2]byte]string{}, map[string]string{}}
		type frame struct {
			id int
			m  model
		}
		var frames []frame
		small := rapid.ByteRange(0, 3)
		ops := map[string]func(*rapid.T){
			"credit": func(t *rapid.T) {
				a, n := addr(small.Draw(t, "a")), rapid.Uint64().Draw(t, "n")
				ok := m.balance[a]+n >= n
				require.Equal(t, ok, s.Credit(a, n))
				if ok {
					m.balance[a] += n
				}
			},
			"debit": func(t *rapid.T) {
				a, n := addr(small.Draw(t, "a")), rapid.Uint64().Draw(t, "n")
				ok := m.balance[a] >= n
				require.Equal(t, ok, s.Debit(a, n))
				if ok {
					m.balance[a] -= n
				}
			},
			"set": func(t *rapid.T) {
				a, k, v := small.Draw(t, "a"), small.Draw(t, "k"), rapid.String().Draw(t, "v")
				s.SetSlot(addr(a), [32]byte{k}, []byte(v))
				m.slots[[2]byte{a, k}] = v
			},
			"delete": func(t *rapid.T) {
				a, k := small.Draw(t, "a"), small.Draw(t, "k")
				s.DeleteSlot(addr(a), [32]byte{k})
				delete(m.slots, [2]byte{a, k})
			},
			"system": func(t *rapid.T) {
				k := string('a' + rune(small.Draw(t, "k")))
				if rapid.Bool().Draw(t, "set") {
					s.SetSystem(k, []byte(k+k))
					m.system[k] = k + k
				} else {
					s.DeleteSystem(k)
					delete(m.system, k)
				}
			},
			"snapshot": func(*rapid.T) { frames = append(frames, frame{s.Snapshot(), m.clone()}) },
			"revert": func(t *rapid.T) {
				if len(frames) == 0 {
					return
				}
				i := rapid.IntRange(0, len(frames)-1).Draw(t, "i")
				s.Revert(frames[i].id)
				m, frames = frames[i].m, frames[:i]
			},
			"begin": func(*rapid.T) { s.BeginTx(nil) },
			"step": func(*rapid.T) {
				b.apply(s.Changes())
				s, frames = New(b), nil
			},
			"": func(t *rapid.T) { requireModel(t, &m, s) },
		}
		t.Repeat(ops)
		b.apply(s.Changes())
		requireModel(t, &m, New(b))
	})
}

func requireModel(t *rapid.T, m *model, s *State) {
	for a := range byte(4) {
		h, _ := s.Header(addr(a))
		require.Equal(t, m.balance[addr(a)], h.Balance)
		slots := uint32(0)
		for k := range byte(4) {
			v, ok := s.Slot(addr(a), [32]byte{k})
			want, wantOK := m.slots[[2]byte{a, k}]
			require.Equal(t, wantOK, ok)
			require.Equal(t, want, string(v.Data))
			if ok {
				slots++
			}
		}
		require.Equal(t, slots, h.Slots)
	}
	for _, k := range []string{"a", "b", "c", "d"} {
		v, ok := s.System(k)
		want, wantOK := m.system[k]
		require.Equal(t, wantOK, ok)
		require.Equal(t, want, string(v))
	}
	require.NoError(t, s.Err())
}
