package state

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/trap"
)

// ErrTooDeep is what a Backend returns for an absent key whose leaf would lie deeper than the map
// allows: it shares its first 128 bits with a present key. Reading such a key finds nothing,
// writing it is the fault StateCollision. See docs/spec/state.md.
var ErrTooDeep = errors.New("state: leaf too deep")

// Backend is the authenticated map before the step. An error other than ErrTooDeep is operational:
// it aborts the step.
type Backend interface {
	Get(k Key) (value []byte, ok bool, err error)
}

// Change is one net change of the map.
type Change struct {
	Key    Key
	Value  []byte
	Delete bool
}

// State is a journalled view over a Backend. A nil leaf means that the key is absent; leaves are
// immutable once stored, so the maps and the journal share them.
type State struct {
	backend Backend
	base    map[Key][]byte // what the backend holds, as far as it was asked
	current map[Key][]byte // what was written since New
	journal []undo
	memo    recordMemo
	deep    map[Key]bool       // absent keys that the backend cannot hold
	heads   map[[16]byte][]Key // keys that were ever in current, by the bits that must differ

	// Since BeginTx.
	meter    *metering.Meter
	touched  map[Key]int    // length up to which a key's value was charged
	original map[Key][]byte // leaves at the start of the transaction of keys written since

	images    map[image][]record // chunks of templates that were found to be complete and to match
	terms     Terms
	ledger    Ledger
	notes     []noted
	rentIndex uint64

	fault trap.Code
	err   error
}

type image struct {
	template address.Address
	record   TemplateRecord
}

type undo struct {
	key  Key
	leaf []byte
	had  bool // key was in current
}

// New returns the state that b holds.
func New(b Backend) *State {
	s := &State{
		backend: b,
		base:    make(map[Key][]byte),
		current: make(map[Key][]byte),
		deep:    make(map[Key]bool),
		heads:   make(map[[16]byte][]Key),
		images:  make(map[image][]record),
	}
	s.BeginTx(nil)
	return s
}

// BeginTx starts a transaction: original values and warm marks are forgotten and m is charged from
// now on. With a nil meter (system items) nothing is charged.
func (s *State) BeginTx(m *metering.Meter) {
	s.meter = m
	s.touched = emptied(s.touched)
	s.original = emptied(s.original)
	s.terms, s.ledger, s.notes = Terms{}, Ledger{}, s.notes[:0]
	s.fault = trap.None
}

// keptKeys is the size up to which a map is emptied rather than replaced: emptying costs by what a
// map ever held.
const keptKeys = 64

// emptied returns an empty map, which is m if that is cheap.
func emptied[V any](m map[Key]V) map[Key]V {
	if m == nil || len(m) > keptKeys {
		return make(map[Key]V)
	}
	clear(m)
	return m
}

// Snapshot names the present moment for Revert.
func (s *State) Snapshot() int { return len(s.journal) }

// Revert undoes every change made since the Snapshot that returned id. Units and warm marks stay.
func (s *State) Revert(id int) {
	if id < 0 || id > len(s.journal) {
		panic(fmt.Sprintf("BUG: state: revert to %d of %d", id, len(s.journal)))
	}
	for i := len(s.journal) - 1; i >= id; i-- {
		u := s.journal[i]
		if u.had {
			s.current[u.key] = u.leaf
		} else {
			delete(s.current, u.key)
		}
	}
	s.journal = s.journal[:id]
	s.unnote(id)
}

// Changes returns the net changes since New, sorted by key; a key that holds what the backend holds
// is left out.
func (s *State) Changes() []Change {
	out := make([]Change, 0, len(s.current))
	//lint:unordered the result is sorted by key
	for k, leaf := range s.current {
		if old := s.base[k]; (old == nil) == (leaf == nil) && bytes.Equal(old, leaf) {
			continue
		}
		out = append(out, Change{Key: k, Value: leaf, Delete: leaf == nil})
	}
	slices.SortFunc(out, func(a, b Change) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	return out
}

// Err is the first operational error met. Results after it are meaningless.
func (s *State) Err() error { return s.err }

// TakeFault returns why the last operations could not be done, and forgets it: OutOfWitness when a
// budget of the transaction is exhausted or an operational error is pending (both stay),
// StateCollision when a stored value is not the one its key names, else None. An operation that
// faulted reported "absent" or did nothing.
func (s *State) TakeFault() trap.Code {
	f := s.fault
	s.fault = trap.None
	if s.err != nil || s.meter != nil && s.meter.Exhausted() {
		return trap.OutOfWitness
	}
	return f
}

// warm reports whether the transaction touched the record before.
func (s *State) warm(r *record) bool {
	_, ok := s.touched[r.key]
	return ok
}

// read returns a record's payload and charges the key.
func (s *State) read(r *record) (payload []byte, ok bool) {
	leaf, ok := s.load(r)
	if !ok || leaf == nil || !s.widen(r, len(leaf)) {
		return nil, false
	}
	return s.check(r, leaf)
}

// write replaces a record's leaf, or deletes it when leaf is nil. It reports whether it was done.
func (s *State) write(r *record, leaf []byte) bool {
	old, ok := s.load(r)
	if !ok {
		return false
	}
	if old != nil {
		if _, ok := s.check(r, old); !ok {
			return false
		}
	}
	if leaf != nil && !s.placeable(r.key) {
		s.collide()
		return false
	}
	if !s.widen(r, max(len(old), len(leaf))) || !s.chargeWrite(r, len(old), len(leaf)) {
		return false
	}
	if _, ok := s.original[r.key]; !ok {
		s.original[r.key] = old
	}
	prev, had := s.current[r.key]
	if head := [16]byte(r.key[:16]); !had && !slices.Contains(s.heads[head], r.key) {
		s.heads[head] = append(s.heads[head], r.key)
	}
	s.journal = append(s.journal, undo{key: r.key, leaf: prev, had: had})
	s.current[r.key] = leaf
	return true
}

// load touches the key and returns its leaf; ok is false after a fault.
func (s *State) load(r *record) (leaf []byte, ok bool) {
	if s.err != nil || !s.touch(r) {
		return nil, false
	}
	return s.fetch(r)
}

// fetch returns a record's leaf without charging the key.
func (s *State) fetch(r *record) (leaf []byte, ok bool) {
	if leaf, ok := s.current[r.key]; ok {
		return leaf, true
	}
	if leaf, ok := s.base[r.key]; ok {
		return leaf, true
	}
	leaf, present, err := s.backend.Get(r.key)
	if errors.Is(err, ErrTooDeep) {
		s.deep[r.key] = true
		leaf, present, err = nil, false, nil
	}
	if err != nil {
		s.err = fmt.Errorf("state: read %x: %w", r.key, err)
		return nil, false
	}
	if !present {
		leaf = nil
	} else if leaf == nil {
		leaf = []byte{} // present: no valid leaf is empty, so check refuses it
	}
	s.base[r.key] = leaf
	return leaf, true
}

// placeable reports whether the map can hold k beside what is in it now: two keys that agree in their
// first 128 bits cannot both be present. What was reverted or deleted is not there any more, so the
// answer does not depend on how items are cut into steps.
func (s *State) placeable(k Key) bool {
	blocked := s.deep[k] // by the one key with this head that the backend holds
	for _, other := range s.heads[[16]byte(k[:16])] {
		switch leaf, written := s.current[other]; {
		case other == k:
		case leaf != nil, !written && s.base[other] != nil:
			return false
		case s.base[other] != nil:
			blocked = false // that one is deleted
		}
	}
	return !blocked
}

// check returns the payload of a present leaf, or faults when it belongs to another full key.
func (s *State) check(r *record, leaf []byte) (payload []byte, ok bool) {
	if payload, ok = r.payload(leaf); !ok {
		s.collide()
	}
	return payload, ok
}

func (s *State) collide() {
	if s.fault == trap.None {
		s.fault = trap.StateCollision
	}
}
