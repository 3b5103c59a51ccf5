package state

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// mapBackend is a plain map that can also fail.
type mapBackend struct {
	values map[Key][]byte
	err    error
	gets   map[Key]int
}

func newBackend() *mapBackend {
	return &mapBackend{values: map[Key][]byte{}, gets: map[Key]int{}}
}

func (b *mapBackend) Get(k Key) ([]byte, bool, error) {
	b.gets[k]++
	v, ok := b.values[k]
	return v, ok, b.err
}

func (b *mapBackend) apply(changes []Change) {
	for _, c := range changes {
		if c.Delete {
			delete(b.values, c.Key)
		} else {
			b.values[c.Key] = c.Value
		}
	}
}

func addr(n byte) address.Address { return address.Address{23: n} }

func TestKeyLayout(t *testing.T) {
	t.Parallel()
	a, b := addr(1), addr(2)
	k := KeyOf(KindSlot, a, []byte("x"))
	require.Equal(t, k[:3], func() []byte { h := KeyOf(KindHeader, a, nil); return h[:3] }())
	for _, other := range []Key{
		KeyOf(KindSlot, b, []byte("x")), KeyOf(KindSlot, a, []byte("y")),
		KeyOf(KindBlob, a, []byte("x")), KeyOf(KindSlot, a, nil),
	} {
		require.NotEqual(t, k, other)
	}
	// Fixed vector: a change of the layout is a change of the protocol.
	require.Equal(t, "1d908ea3", hexPrefix(KeyOf(KindHeader, address.Zero, nil)))
}

// TestKeyAreas: what is read all the time, and templates, are not among the accounts; the keys of an
// owner are neighbours in each area.
func TestKeyAreas(t *testing.T) {
	t.Parallel()
	for n := range byte(100) {
		a := addr(n)
		for _, kind := range []Kind{KindHeader, KindBlob, KindSlot} {
			k := KeyOf(kind, a, make([]byte, 32))
			require.Zero(t, k[0]>>7)
			h := KeyOf(KindHeader, a, nil)
			require.Equal(t, h[:placeBytes], k[:placeBytes])
		}
		template := KeyOf(KindTemplate, a, nil)
		require.Equal(t, byte(0b10), template[0]>>6)
		chunk := KeyOf(KindCode, a, chunkSlot(int(n)))
		require.Equal(t, template[:placeBytes], chunk[:placeBytes])
	}
	seen := map[byte]string{}
	for _, name := range []string{"acc", "rates", "sweep", "seenNext", "usage", "feesDue", "burned"} {
		first, ok := HotRecord(name)
		require.True(t, ok)
		k := KeyOf(KindSystem, address.Zero, []byte(name))
		require.Equal(t, first, k[0])
		require.Equal(t, byte(0b11), first>>6)
		require.Empty(t, seen[first], name)
		seen[first] = name
	}
	for _, name := range []string{"", "layer/", "seen/", "seenq/", "unclaimed/", "acc/", "ACC"} {
		require.Zero(t, KeyOf(KindSystem, address.Zero, []byte(name))[0]>>7, name)
	}
}

func TestRecordMemo(t *testing.T) {
	t.Parallel()
	var m recordMemo
	for range 2 {
		for _, slot := range []string{"", "a", "a", "b", "ab", string(make([]byte, 32)), "a\x00",
			string(make([]byte, 33)), string(make([]byte, 40)), string(make([]byte, 33))} {
			for _, a := range []address.Address{{}, addr(1), addr(1), addr(2)} {
				for _, kind := range []Kind{KindHeader, KindCode, KindSystem} {
					require.Equal(t, recordOf(kind, a, []byte(slot)), m.recordOf(kind, a, []byte(slot)))
				}
			}
		}
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	full := Header{
		Status: Live, Template: addr(9), Nonce: 1, Balance: 2, LockedDeposit: 3, Slots: 4,
		StoredBytes: 5, RentReserve: 6, RentIndex: 7, Blob: "8", Evicted: 9,
		EvictAcc: [32]byte{10}, Arrears: 11,
	}
	apart := full
	apart.Blob, apart.BlobHash = "", [32]byte{8}
	for _, h := range []Header{full, apart} {
		b := h.encode()
		got, ok := decodeHeader(b)
		require.True(t, ok)
		require.Equal(t, h, got)
		for n := range b {
			_, ok := decodeHeader(b[:n])
			require.False(t, ok)
		}
		_, ok = decodeHeader(append(b, 0))
		require.False(t, ok)
	}
}

// TestHeaderSizes: a field that is zero takes no byte.
func TestHeaderSizes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		h    Header
		size int
	}{
		{Header{Balance: 1}, 2 + 8},
		{Header{Status: Dead, Nonce: 1}, 2 + 1 + 8},
		{Header{Status: Live, Template: addr(1), Nonce: 1, Balance: 1, Blob: string(make([]byte, 32))},
			2 + 1 + 24 + 8 + 8 + 1 + 32},
		{Header{Status: Live, Template: addr(1), BlobHash: [32]byte{1}}, 2 + 1 + 24 + 32},
		{Header{LockedDeposit: 1, Slots: 1, StoredBytes: 1, RentReserve: 1, RentIndex: 1}, 2 + 4*8 + 4},
		{Header{Evicted: 1, EvictAcc: [32]byte{1}, Arrears: 1}, 2 + 4 + 32 + 8},
	} {
		require.Len(t, tc.h.encode(), tc.size, "%+v", tc.h)
	}
}

// TestHeaderIsCanonical: a header has one encoding; a present zero is none, and neither is a header of
// zeroes only.
func TestHeaderIsCanonical(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 24, 8, 8, 8, 4, 8, 8, 8, 0, 32, 4, 32, 8}
	require.Len(t, sizes, headerFields)
	for bit, n := range sizes {
		mask := uint16(1) << bit
		fields := make([]byte, n)
		if n == 0 {
			fields = []byte{0} // an empty blob
		}
		zero := append([]byte{byte(mask), byte(mask >> 8)}, fields...)
		_, ok := decodeHeader(zero)
		require.False(t, ok, "field %d", bit)
		if n > 0 {
			zero[len(zero)-1] = 1
			h, ok := decodeHeader(zero)
			require.True(t, ok, "field %d", bit)
			require.Equal(t, zero, h.encode())
		}
	}
	blob := func(n int) []byte {
		e := scale.Encoder{B: []byte{0, 2}}
		e.Bytes(bytes.Repeat([]byte{1}, n))
		return e.B
	}
	_, ok := decodeHeader(blob(MaxInlineBlob))
	require.True(t, ok)
	for name, b := range map[string][]byte{
		"nothing": {}, "half a mask": {0}, "a mask of nothing": {0, 0},
		"a field that there is not": {0, 0x40}, "another": {0, 0x80},
		"a status that there is not": {1, 0, 4},
		"a blob that is too long":    blob(MaxInlineBlob + 1),
		"a blob in two places":       append([]byte{0, 6, 4, 1}, bytes.Repeat([]byte{1}, 32)...),
	} {
		_, ok := decodeHeader(b)
		require.False(t, ok, name)
	}
}

func TestBalances(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	require.True(t, s.Credit(addr(1), 10))
	require.False(t, s.Debit(addr(1), 11))
	require.False(t, s.Credit(addr(1), ^uint64(0)))
	require.True(t, s.Debit(addr(1), 4))
	h, ok := s.Header(addr(1))
	require.True(t, ok)
	require.Equal(t, Header{Balance: 6}, h)
	require.True(t, s.Debit(addr(1), 6))
	_, ok = s.Header(addr(1))
	require.False(t, ok, "an empty stub is deleted")
	require.Empty(t, s.Changes())
	require.Equal(t, trap.None, s.TakeFault())
	require.True(t, s.Credit(addr(2), 0))
	require.False(t, s.HeaderWarm(addr(2)), "nothing is touched for a zero amount")
}

// TestSpawnKeepsBalanceAndNonce [11]: spawning again does not start the nonce again.
func TestSpawnKeepsBalanceAndNonce(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	s.SetHeader(addr(1), Header{Status: Dead, Nonce: 7, Balance: 5})
	s.Spawn(addr(1), addr(9), []byte("blob"))
	h, _ := s.Header(addr(1))
	require.Equal(t, Live, h.Status)
	require.Equal(t, addr(9), h.Template)
	require.Equal(t, uint64(7), h.Nonce)
	require.Equal(t, uint64(5), h.Balance)
	blob, ok := s.Blob(addr(1), &h)
	require.True(t, ok)
	require.Equal(t, "blob", string(blob))
	_, ok = s.Blob(addr(1), &Header{Status: Dead})
	require.False(t, ok, "only a program has arguments")
}

// TestBlobs: short spawn arguments lie in the header, longer ones in a leaf beside it; spawning again
// leaves nothing of the old ones.
func TestBlobs(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, MaxInlineBlob, MaxInlineBlob + 1, 4096} {
		s := New(newBackend())
		want := bytes.Repeat([]byte{7}, n)
		s.Spawn(addr(1), addr(9), want)
		h := header(s, addr(1))
		require.Equal(t, n > MaxInlineBlob, h.BlobApart())
		got, ok := s.Blob(addr(1), &h)
		require.True(t, ok)
		require.Equal(t, string(want), string(got))
		require.Equal(t, n > MaxInlineBlob, s.BlobWarm(addr(1)))
		keys := 1
		if n > MaxInlineBlob {
			keys = 2
		}
		require.Len(t, s.Changes(), keys)
		require.True(t, s.Destroy(addr(1), addr(2)))
		require.Empty(t, s.Changes())
		s.Spawn(addr(1), addr(9), []byte("new"))
		h = header(s, addr(1))
		got, _ = s.Blob(addr(1), &h)
		require.Equal(t, "new", string(got))
		require.Len(t, s.Changes(), 1)
		require.Equal(t, trap.None, s.TakeFault())
	}
}

func TestSlotsCountInHeader(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	a, k := addr(1), [32]byte{1}
	full := uint64(1 + 24 + 1 + 32 + 24 + 8)
	s.SetSlot(a, k, []byte("abc"))
	v, ok := s.Slot(a, k)
	require.True(t, ok)
	require.Equal(t, SlotValue{Data: []byte("abc")}, v)
	h, _ := s.Header(a)
	require.Equal(t, uint32(1), h.Slots)
	require.Equal(t, full+3, h.StoredBytes)
	s.SetSlot(a, k, []byte("abcde"))
	s.SetSlot(a, [32]byte{2}, nil)
	h, _ = s.Header(a)
	require.Equal(t, uint32(2), h.Slots)
	require.Equal(t, 2*full+5, h.StoredBytes)
	s.DeleteSlot(a, k)
	s.DeleteSlot(a, k)
	s.DeleteSlot(a, [32]byte{2})
	require.Empty(t, s.Changes())
}

// TestOriginalSlot [45]: the original value is that of the start of the transaction.
func TestOriginalSlot(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	a, k := addr(1), [32]byte{1}
	s.SetSlot(a, k, []byte("old"))
	s.BeginTx(nil)
	id := s.Snapshot()
	s.SetSlot(a, k, []byte("new"))
	s.DeleteSlot(a, k)
	v, ok := s.OriginalSlot(a, k)
	require.True(t, ok)
	require.Equal(t, "old", string(v.Data))
	s.Revert(id)
	s.SetSlot(a, k, []byte("newer"))
	v, _ = s.OriginalSlot(a, k)
	require.Equal(t, "old", string(v.Data))
	s.BeginTx(nil)
	v, _ = s.OriginalSlot(a, k)
	require.Equal(t, "newer", string(v.Data))
	s.SetSlot(a, [32]byte{2}, nil)
	_, ok = s.OriginalSlot(a, [32]byte{2})
	require.False(t, ok)
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3 * ChunkSize} {
		code := bytes.Repeat([]byte{7}, size)
		b := newBackend()
		s := New(b)
		a := s.PutTemplate(code)
		require.Equal(t, address.OfTemplate(address.CodeHash(code)), a)
		require.Equal(t, a, s.PutTemplate(code))
		changes := s.Changes()
		require.Len(t, changes, 1+(size+ChunkSize-1)/ChunkSize)
		b.apply(changes)
		got, ok := New(b).Code(a, nil)
		require.True(t, ok)
		require.Equal(t, code, got)
	}
}

func TestInventedStatesFault(t *testing.T) {
	t.Parallel()
	code := bytes.Repeat([]byte{7}, ChunkSize+1)
	tmpl := address.OfTemplate(address.CodeHash(code))
	good := newBackend()
	s := New(good)
	s.PutTemplate(code)
	s.SetHeader(addr(1), Header{Balance: 1})
	s.SetSlot(addr(1), [32]byte{}, nil)
	good.apply(s.Changes())

	header, slot := recordOf(KindHeader, addr(1), nil), recordOf(KindSlot, addr(1), make([]byte, 32))
	record, chunk := recordOf(KindTemplate, tmpl, nil), recordOf(KindCode, tmpl, chunkSlot(1))
	readHeader := func(s *State) { s.Header(addr(1)) }
	readCode := func(s *State) { s.Code(tmpl, nil) }
	for _, tc := range []struct {
		name string
		key  Key
		leaf []byte
		use  func(s *State)
	}{
		{"empty leaf", header.key, []byte{}, readHeader},
		{"nil leaf", header.key, nil, readHeader},
		{"foreign leaf", header.key, slot.leaf(nil), readHeader},
		{"short header", header.key, header.leaf([]byte{1}), readHeader},
		{"credit", header.key, header.leaf([]byte{1}), func(s *State) {
			require.False(t, s.Credit(addr(1), 1))
		}},
		{"overwrite", header.key, slot.leaf(nil), func(s *State) { s.SetHeader(addr(1), Header{}) }},
		{"short slot", slot.key, slot.leaf([]byte{1}), func(s *State) { s.Slot(addr(1), [32]byte{}) }},
		{"template record", record.key, record.leaf(nil), readCode},
		{"endless template", record.key,
			record.leaf(append(make([]byte, 32), 255, 255, 255, 255)), readCode},
		{"another hash", record.key,
			record.leaf(append(make([]byte, 32), 1, 16, 0, 0)), readCode},
		{"put over another hash", record.key, record.leaf(append(make([]byte, 32), 1, 16, 0, 0)),
			func(s *State) { s.PutTemplate(code) }},
		{"short chunk", chunk.key, chunk.leaf(nil), readCode},
		{"wrong chunk", chunk.key, chunk.leaf([]byte{8}), readCode},
	} {
		b := newBackend()
		for k, v := range good.values { //lint:unordered a copy
			b.values[k] = v
		}
		b.values[tc.key] = tc.leaf
		s := New(b)
		tc.use(s)
		require.Equal(t, trap.StateCollision, s.TakeFault(), tc.name)
		require.Equal(t, trap.None, s.TakeFault(), tc.name)
		require.Empty(t, s.Changes(), tc.name)
		require.NoError(t, s.Err())
	}
}

func TestTooDeep(t *testing.T) {
	t.Parallel()
	b := newBackend()
	b.err = fmt.Errorf("tree: %w", ErrTooDeep)
	s := New(b)
	_, ok := s.Header(addr(1))
	require.False(t, ok)
	require.Equal(t, trap.None, s.TakeFault())
	require.False(t, s.Credit(addr(1), 1))
	require.Equal(t, trap.StateCollision, s.TakeFault())
	require.NoError(t, s.Err())
}

// TestRivalsOfOnePlace [3, 46]: of keys that agree in 128 bits one can be present at a time. Which,
// is decided by what is there, not by what an earlier item of the step tried and took back.
func TestRivalsOfOnePlace(t *testing.T) {
	t.Parallel()
	at := func(i byte) *record { return &record{key: Key{0: 1, 16: i}, full: []byte{i}} }
	put := func(s *State, i byte) bool {
		s.BeginTx(nil)
		ok := s.write(at(i), []byte{i})
		require.Equal(t, ok, s.TakeFault() == trap.None)
		return ok
	}
	s := New(newBackend())
	begin := s.Snapshot()
	require.True(t, put(s, 1))
	require.True(t, put(s, 1))
	require.False(t, put(s, 2), "the first 128 bits are equal")
	require.True(t, s.write(&record{key: Key{0: 1, 15: 1}, full: []byte{9}}, []byte{9}))
	require.True(t, s.write(at(3), nil), "a deletion takes no place")
	s.Revert(begin)
	require.True(t, put(s, 2), "the other one was reverted")
	require.False(t, put(s, 1))
	deleted := s.Snapshot()
	require.True(t, s.write(at(2), nil))
	require.True(t, put(s, 1), "the other one was deleted")
	s.Revert(deleted)
	require.False(t, put(s, 3), "the deletion was reverted")
	require.Len(t, s.Changes(), 1)

	b := &crowded{mapBackend: newBackend(), held: Key{0: 1, 16: 1}}
	b.values[b.held] = []byte{1}
	s = New(b)
	require.False(t, put(s, 2), "the backend holds one")
	require.True(t, s.write(at(1), nil))
	require.True(t, put(s, 2), "which is deleted now")
	require.False(t, put(s, 1))
	require.Equal(t, []Change{
		{Key: b.held, Delete: true}, {Key: Key{0: 1, 16: 2}, Value: []byte{2}},
	}, s.Changes())
}

// crowded is a backend that has no room beside the key that it holds.
type crowded struct {
	*mapBackend
	held Key
}

func (b *crowded) Get(k Key) ([]byte, bool, error) {
	v, ok, err := b.mapBackend.Get(k)
	if !ok && err == nil && bytes.Equal(k[:16], b.held[:16]) {
		err = ErrTooDeep
	}
	return v, ok, err
}

func TestOperationalErrorIsSticky(t *testing.T) {
	t.Parallel()
	b := newBackend()
	b.err = errors.New("disk on fire")
	s := New(b)
	_, ok := s.Header(addr(1))
	require.False(t, ok)
	b.err = nil
	require.False(t, s.Credit(addr(1), 1))
	require.ErrorContains(t, s.Err(), "state: read")
	require.Equal(t, trap.OutOfWitness, s.TakeFault())
	require.Empty(t, s.Changes())
}

func TestCharges(t *testing.T) {
	t.Parallel()
	b := newBackend()
	s := New(b)
	s.SetSlot(addr(1), [32]byte{1}, make([]byte, 10))
	b.apply(s.Changes())
	s = New(b)

	schedule := metering.V1()
	limit := metering.Units{0, 0, 1 << 20, 1 << 20, 1 << 20}
	m := metering.NewMeter(schedule, limit, 10, 1<<20, 1<<20)
	s.BeginTx(m)
	leaf := uint64(1 + 24 + 1 + 32 + 24 + 8)
	require.False(t, s.SlotWarm(addr(1), [32]byte{1}))
	s.Slot(addr(1), [32]byte{1})
	require.True(t, s.SlotWarm(addr(1), [32]byte{1}))
	require.Equal(t, metering.Units{metering.Read: schedule.KeyAllowance + leaf + 10}, m.Used())
	s.Slot(addr(1), [32]byte{1})
	require.Equal(t, schedule.KeyAllowance+leaf+10, m.Used()[metering.Read], "charged once")

	id := s.Snapshot()
	s.SetSlot(addr(1), [32]byte{1}, make([]byte, 30))
	h := header(s, addr(1))
	header := uint64(1 + 24 + 1 + len(h.encode()))
	want := metering.Units{
		metering.Read:  2*schedule.KeyAllowance + leaf + 30 + header,
		metering.Write: leaf + 30 + header,
		metering.Alloc: 20,
	}
	require.Equal(t, want, m.Used())
	s.Revert(id)
	require.Equal(t, want, m.Used(), "nothing is returned")
	s.DeleteSlot(addr(1), [32]byte{1})
	want[metering.Write] += 1 + 24 + 1 + 32 + 1 + 24 + 1 // full keys: the header is deleted, too
	require.Equal(t, want, m.Used())
}

func TestExhaustionStopsEverything(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	m := metering.NewMeter(metering.V1(), metering.Units{metering.Read: 5_000}, 10, 1<<20, 1<<20)
	s.BeginTx(m)
	require.False(t, s.Credit(addr(1), 5), "no write units")
	require.Equal(t, trap.OutOfWitness, s.TakeFault())
	require.Equal(t, trap.OutOfWitness, s.TakeFault(), "sticky")
	require.Empty(t, s.Changes())
	s.BeginTx(nil)
	require.Equal(t, trap.None, s.TakeFault())
	require.True(t, s.Credit(addr(1), 5))
}

func TestSystemRecords(t *testing.T) {
	t.Parallel()
	s := New(newBackend())
	_, ok := s.System("a")
	require.False(t, ok)
	s.SetSystem("a", nil)
	v, ok := s.System("a")
	require.True(t, ok)
	require.Empty(t, v)
	s.DeleteSystem("a")
	require.Empty(t, s.Changes())
}

func TestBackendIsReadOnce(t *testing.T) {
	t.Parallel()
	b := newBackend()
	s := New(b)
	for range 3 {
		s.BeginTx(nil)
		s.Header(addr(1))
	}
	require.Equal(t, map[Key]int{KeyOf(KindHeader, addr(1), nil): 1}, b.gets)
}

func TestRevertOutOfRangeIsABug(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, "BUG: state: revert to 1 of 0", func() { New(newBackend()).Revert(1) })
}
