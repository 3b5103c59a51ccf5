package state

import "github.com/athenarollup/athena/address"

// System returns a system record. The caller must not change it.
func (s *State) System(name string) ([]byte, bool) {
	r := s.memo.recordOf(KindSystem, address.Zero, []byte(name))
	return s.read(&r)
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
