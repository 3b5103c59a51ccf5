package metering

import "math/bits"

// KeyClass says against which of the two byte budgets a key's value counts.
type KeyClass uint8

// The classes of key.
const (
	KeyData KeyClass = iota // headers, blobs, slots, template and system records
	KeyCode                 // chunks of template code
)

// Meter keeps the budgets of one transaction. Its counts only grow: a reverted call gives nothing
// back. Once a budget was refused the meter is exhausted for good, and whoever asked must end the
// whole transaction with trap.OutOfWitness. Compute is the exception: gas belongs to frames, and
// the meter only sums what they burnt. See docs/spec/gas.md.
type Meter struct {
	schedule  *Schedule
	bounds    Bounds
	maxValue  uint64
	maxCode   uint64
	used      Units
	dataKeys  uint64
	codeKeys  uint64
	value     uint64
	code      uint64
	exhausted bool
}

// Bounds are the limits that Narrow replaces for a while: units, all keys, and data keys alone.
type Bounds struct {
	limit    Units
	keys     uint64
	dataKeys uint64
}

// NewMeter returns a meter for a transaction that declared limit.
func NewMeter(s *Schedule, limit Units, maxKeys, maxValueBytes, maxCodeBytes uint32) *Meter {
	return &Meter{
		schedule: s,
		bounds:   Bounds{limit: limit, keys: uint64(maxKeys), dataKeys: uint64(maxKeys)},
		maxValue: uint64(maxValueBytes),
		maxCode:  uint64(maxCodeBytes),
	}
}

// Used is everything consumed so far.
func (m *Meter) Used() Units { return m.used }

// Exhausted reports whether some budget was ever refused.
func (m *Meter) Exhausted() bool { return m.exhausted }

// Exhaust marks the meter exhausted on behalf of a budget that its owner counts.
func (m *Meter) Exhaust() { m.exhausted = true }

// Touch counts a key that the transaction had not touched before.
func (m *Meter) Touch(class KeyClass) bool {
	if m.dataKeys+m.codeKeys >= m.bounds.keys {
		return m.refuse()
	}
	if class == KeyCode {
		m.codeKeys++
	} else {
		if m.dataKeys >= m.bounds.dataKeys {
			return m.refuse()
		}
		m.dataKeys++
	}
	return m.add(Read, m.schedule.KeyAllowance)
}

// Widen counts n more bytes of a touched key's value: the larger of its old and new length counts.
func (m *Meter) Widen(class KeyClass, n int) bool {
	sum, limit := &m.value, m.maxValue
	if class == KeyCode {
		sum, limit = &m.code, m.maxCode
	}
	if n < 0 || uint64(n) > limit-*sum {
		return m.refuse()
	}
	*sum += uint64(n)
	return m.add(Read, uint64(n))
}

// Write counts n bytes written to state.
func (m *Meter) Write(n int) bool { return m.add(Write, uint64(n)) }

// Alloc counts n bytes by which state grew.
func (m *Meter) Alloc(n int) bool { return m.add(Alloc, uint64(n)) }

// AddCompute counts gas that a transaction's first frame burnt, its callees included.
func (m *Meter) AddCompute(gas uint64) {
	var delta Units
	delta[Compute] = gas
	m.used = m.used.Add(delta)
}

// ComputeLeft is the gas that the next first frame may get.
func (m *Meter) ComputeLeft() uint64 {
	return m.bounds.limit[Compute] - min(m.used[Compute], m.bounds.limit[Compute])
}

// Narrow lowers the limits to what was used plus extra, and to moreKeys further data keys, where
// that is less than they were. It returns the bounds to Restore.
func (m *Meter) Narrow(extra Units, moreKeys uint32) Bounds {
	outer := m.bounds
	for d, limit := range m.used.Add(extra) {
		m.bounds.limit[d] = min(m.bounds.limit[d], limit)
	}
	m.bounds.dataKeys = min(m.bounds.dataKeys, m.dataKeys+uint64(moreKeys))
	return outer
}

// Restore puts back the bounds that Narrow returned.
func (m *Meter) Restore(outer Bounds) { m.bounds = outer }

func (m *Meter) add(d Dimension, n uint64) bool {
	sum, carry := bits.Add64(m.used[d], n, 0)
	if m.exhausted || carry != 0 || sum > m.bounds.limit[d] {
		return m.refuse()
	}
	m.used[d] = sum
	return true
}

func (m *Meter) refuse() bool {
	m.exhausted = true
	return false
}
