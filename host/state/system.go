package state

import "github.com/athenarollup/athena/address"

// System returns a system record. The caller must not change it.
func (s *State) System(name string) ([]byte, bool) {
	r := s.memo.recordOf(KindSystem, address.Zero, []byte(name))
	return s.read(&r)
}

// PeekSystem returns a system record that every transaction may need and none pays for. The caller
// must not change it.
func (s *State) PeekSystem(name string) ([]byte, bool) {
	r := recordOf(KindSystem, address.Zero, []byte(name))
	if s.err != nil {
		return nil, false
	}
	leaf, ok := s.fetch(&r)
	if !ok || leaf == nil {
		return nil, false
	}
	return r.payload(leaf)
}

// SetSystem replaces a system record.
func (s *State) SetSystem(name string, payload []byte) {
	r := s.memo.recordOf(KindSystem, address.Zero, []byte(name))
	s.write(&r, r.leaf(payload))
}

// DeleteSystem removes a system record; an absent one stays absent.
func (s *State) DeleteSystem(name string) {
	r := s.memo.recordOf(KindSystem, address.Zero, []byte(name))
	s.write(&r, nil)
}
