package host

import "github.com/athenarollup/athena/trap"

const maxTopics = 4

// emit serves 0xB7(topics, n, data, len). The counts of a transaction's events are never given
// back; above a limit the whole transaction ends.
func (f *frame) emit(a args) trap.Code {
	n := a[1]
	if n > maxTopics || !f.m.Readable(a[0], n*wordBytes) || !f.m.Readable(a[2], a[3]) {
		return trap.BadHostArgument
	}
	t, costs := f.t, &f.t.x.schedule.Host
	size := uint64(n)*wordBytes + uint64(a[3])
	if code := f.charge(perWord(costs.EventBase, costs.EventWord, int(size))); code != trap.None {
		return code
	}
	if t.eventCount >= t.x.limits.Events || t.eventBytes+size > uint64(t.x.limits.EventBytes) {
		t.meter.Exhaust()
		return trap.OutOfWitness
	}
	t.eventCount++
	t.eventBytes += size
	e := Event{Account: f.self, Topics: make([][32]byte, n), Data: f.bytes(a[2], a[3])}
	for i := range e.Topics {
		e.Topics[i] = f.word(a[0] + uint32(i)*wordBytes)
	}
	t.events = append(t.events, e)
	f.result(0)
	return trap.None
}
