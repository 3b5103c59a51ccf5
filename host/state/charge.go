package state

// A key costs the transaction read units when it is first touched and when its value turns out to
// be, or becomes, longer than what was charged; never twice. See docs/spec/gas.md, "State".

// touch charges the key itself.
func (s *State) touch(r *record) bool {
	if s.warm(r) {
		return s.meter == nil || !s.meter.Exhausted()
	}
	if s.meter != nil && !s.meter.Touch(r.class) {
		return false
	}
	s.touched[r.key] = 0
	return true
}

// widen charges a touched key's value up to n bytes.
func (s *State) widen(r *record, n int) bool {
	charged := s.touched[r.key]
	if n <= charged {
		return true
	}
	if s.meter != nil && !s.meter.Widen(r.class, n-charged) {
		return false
	}
	s.touched[r.key] = n
	return true
}

// chargeWrite charges the bytes of a new leaf and its growth over the old one. A deletion costs as
// much as writing the full key.
func (s *State) chargeWrite(r *record, before, after int) bool {
	if s.meter == nil {
		return true
	}
	return s.meter.Write(max(after, len(r.full))) && s.meter.Alloc(max(after-before, 0))
}
