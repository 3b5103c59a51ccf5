package rollup

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// world is an L1 block to derive from, and what it takes to fill it.
type world struct {
	t      require.TestingT
	p      Params
	chain  Hash
	header Header
	source Layer
	carry  Carry
	codec  BundleCodec
}

var relay1, relay2 = address.Address{23: 0xa1}, address.Address{23: 0xa2}

func newWorld(t require.TestingT) *world {
	w := &world{t: t, p: DefaultParams(), chain: Hash{0xc4}}
	w.header = Header{Height: 101, Beacon: Hash{0xbe}}
	w.source.Header = Header{Height: 100, DataPrice: 7, InclusionPrice: 3}
	return w
}

// tx makes a valid transaction of a principal.
func (w *world) tx(principal byte, nonce uint64, edits ...func(x *Tx)) []byte {
	x := &Tx{
		ChainID: w.chain, Principal: address.Address{23: principal}, Nonce: Nonce{Value: nonce},
		Calls: []Call{{Method: [4]byte{1}}}, ExpiryLayer: 110, Auth: []byte{1, 2, 3},
	}
	for _, edit := range edits {
		edit(x)
	}
	return x.Encode()
}

func (w *world) decode(raw []byte) *Tx {
	x, _, err := DecodeTx(raw, &w.p)
	require.NoError(w.t, err)
	return x
}

func (w *world) hash(raw []byte) Hash { return w.decode(raw).Hash() }

func (w *world) weight(raw []byte) uint64 {
	x, _, err := DecodeTx(raw, &w.p)
	if err != nil {
		return 0
	}
	return w.p.Weight(w.p.Declared(&Item{Kind: ItemTx, Tx: x, Size: uint32(len(raw))}))
}

// l1 appends an L1 transaction and returns its id.
func (w *world) l1(payload L1Payload) Hash {
	x := L1Tx{ChainID: w.chain, Nonce: uint64(len(w.source.Txs)), Payload: payload}
	w.source.Txs = append(w.source.Txs, x)
	return x.ID()
}

// post appends a bundle that pays what it weighs.
func (w *world) post(relay address.Address, bid uint64, txs ...[]byte) Hash {
	var weight uint64
	for _, raw := range txs {
		weight += w.weight(raw)
	}
	b := EncodeBundle(relay, w.codec, txs, &w.p)
	return w.l1(&PostBundle{Bundle: b, Weight: weight, Bid: bid})
}

// derive derives, and checks what holds for every derivation.
func (w *world) derive() *Derivation {
	d := Derive(&w.header, &w.source, &w.carry, &w.p, w.chain)
	checkDerivation(w.t, w, d)
	return d
}

// txs lists the hashes of the items that are transactions.
func txs(d *Derivation) []Hash {
	var out []Hash
	for i := range d.Items {
		if d.Items[i].Tx != nil {
			out = append(out, d.Items[i].Tx.Hash())
		}
	}
	return out
}

// drops lists reasons in order.
func drops(d *Derivation) []string {
	out := []string{}
	for _, x := range d.Drops {
		out = append(out, x.Reason.String())
	}
	return out
}

func checkDerivation(t require.TestingT, w *world, d *Derivation) {
	n := len(d.Items)
	require.GreaterOrEqual(t, n, 2)
	require.Equal(t, ItemLayerBegin, d.Items[0].Kind)
	require.Equal(t, ItemLayerEnd, d.Items[n-1].Kind)
	require.Equal(t, ItemsRoot(d.Items), d.ItemsRoot(), "cached encodings are the encodings")
	var sum, forced metering.Units
	seen := map[Hash]bool{}
	for i := range d.Items {
		it := &d.Items[i]
		if i > 0 {
			require.GreaterOrEqual(t, it.Kind, d.Items[i-1].Kind, "items are grouped by kind")
		}
		u := w.p.Declared(it).Units
		sum = sum.Add(u)
		if it.Kind == ItemForced {
			forced = forced.Add(u)
		}
		if it.Tx == nil {
			continue
		}
		require.False(t, seen[it.Tx.Hash()], "one TxHash twice")
		seen[it.Tx.Hash()] = true
		require.Equal(t, len(it.Tx.Encode()), int(it.Size))
		require.Equal(t, w.p.Weight(w.p.Declared(it)), it.Weight)
		require.True(t, u.Fits(w.p.MaxTx))
	}
	require.True(t, forced.Fits(w.p.ForcedShare()))
	require.True(t, sum.Fits(w.p.Layer))
	checkSteps(t, &w.p, d)
	for _, x := range d.Drops {
		require.NotEqual(t, ReasonNone, x.Reason)
		require.False(t, x.TxID.IsZero() && x.ID != x.L1Tx, "what has no id is named by its carrier")
	}
}

func checkSteps(t require.TestingT, p *Params, d *Derivation) {
	next := uint32(0)
	for i, s := range d.Steps {
		require.Equal(t, next, s.First)
		require.NotZero(t, s.Count)
		next += s.Count
		if i == 0 || i == len(d.Steps)-1 {
			require.Equal(t, uint32(1), s.Count)
			continue
		}
		require.LessOrEqual(t, s.Count, p.StepItems)
		sum := p.declaredSystem()
		for j := s.First; j < next; j++ {
			sum = sum.add(p.Declared(&d.Items[j]))
		}
		require.True(t, p.fitsStep(sum), "step %d", i)
	}
	require.Len(t, d.Items, int(next))
	require.LessOrEqual(t, uint64(len(d.Steps)), p.maxSteps())
}

func TestDeriveEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, source := range []*Layer{nil, {}} {
		d := Derive(&w.header, source, nil, &w.p, w.chain)
		require.Len(t, d.Items, 2)
		require.Equal(t, []Step{{0, 1}, {1, 1}}, d.Steps)
		require.Empty(t, d.Drops)
		require.Empty(t, d.Carry.Forced)
		checkDerivation(t, w, d)
	}
}

func TestDeriveOrderOfKinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.tx(1, 0), w.tx(2, 0)
	w.codec = CodecDeflate
	bundle := w.post(relay1, 0, a)
	forced := w.l1(&ForcedTx{Tx: b})
	w.l1(&Transfer{Amount: 5})
	deposit := w.l1(&Deposit{To: address.Address{9}, Amount: 5})
	require.NotEqual(t, bundle, forced)
	d := w.derive()
	require.Empty(t, d.Drops)
	require.Len(t, d.Items, 5)
	require.Equal(t, DepositItem{
		ID: deposit, From: L1Address([32]byte{}), To: address.Address{9}, Amount: 5,
	}, d.Items[1].Deposit)
	f, x := d.Items[2], d.Items[3]
	require.Equal(t, ItemForced, f.Kind)
	require.Equal(t, uint64(100), f.Expiry, "judged at the block that accepted it")
	require.Zero(t, f.Relay)
	require.Zero(t, f.DataPrice+f.InclusionPrice)
	require.Equal(t, ItemTx, x.Kind)
	require.Equal(t, uint64(101), x.Expiry)
	require.Equal(t, relay1, x.Relay)
	require.Equal(t, [2]uint64{7, 3}, [2]uint64{x.DataPrice, x.InclusionPrice})
}

// Each case posts one transaction, alone in its bundle.
func TestDeriveOneTransaction(t *testing.T) {
	t.Parallel()
	type edit = func(x *Tx)
	p := DefaultParams()
	unordered := func(expiry uint64) edit {
		return func(x *Tx) { x.Nonce.Kind, x.ExpiryLayer = NonceUnordered, expiry }
	}
	for _, tc := range []struct {
		name string
		want Reason
		edit edit
	}{
		{"valid", ReasonNone, func(*Tx) {}},
		{"wrong chain id", ReasonWrongChain, func(x *Tx) { x.ChainID[31] ^= 1 }},
		{"expires now", ReasonNone, func(x *Tx) { x.ExpiryLayer = 101 }},
		{"expired", ReasonExpired, func(x *Tx) { x.ExpiryLayer = 100 }},
		{"expires never", ReasonNone, func(x *Tx) { x.ExpiryLayer = ^uint64(0) }},
		{"unordered at the window's edge", ReasonNone, unordered(101 + p.UnorderedWindow)},
		{"unordered beyond the window", ReasonExpiryWindow, unordered(102 + p.UnorderedWindow)},
		{"unordered for ever", ReasonExpiryWindow, unordered(^uint64(0))},
		{"unordered and expired", ReasonExpired, unordered(100)},
		{"pinned to its relay", ReasonNone, func(x *Tx) { x.Relay = relay1 }},
		{"pinned to another relay", ReasonWrongRelay, func(x *Tx) { x.Relay = relay2 }},
		{"gas at the edge", ReasonNone, func(x *Tx) { x.MaxUnits = p.MaxTx }},
		{"gas above the edge", ReasonOverLimit,
			func(x *Tx) { x.MaxUnits[metering.Compute] = p.MaxTx[metering.Compute] + 1 }},
		{"reads above the edge", ReasonOverLimit,
			func(x *Tx) { x.MaxUnits[metering.Read] = p.MaxTx[metering.Read] + 1 }},
		{"gas beyond 64 bits", ReasonOverLimit,
			func(x *Tx) { x.MaxUnits[metering.Alloc] = ^uint64(0) }},
		{"data units are its bytes", ReasonNone, func(x *Tx) { x.MaxUnits[metering.Data] = 1 << 60 }},
		{"bytes at the edge", ReasonNone, func(x *Tx) { pad(x, int(p.MaxTxBytes)) }},
		{"bytes above the edge", ReasonTooLarge, func(x *Tx) { pad(x, int(p.MaxTxBytes)+1) }},
		{"last nonce", ReasonBadNonce, func(x *Tx) { x.Nonce.Value = ^uint64(0) }},
		{"self sponsor", ReasonSelfSponsor, func(x *Tx) { x.Sponsor = x.Principal }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			raw := w.tx(1, 0, tc.edit)
			id := w.post(relay1, 0, raw)
			d := w.derive()
			if tc.want == ReasonNone {
				require.Empty(t, d.Drops)
				require.Equal(t, []Hash{w.hash(raw)}, txs(d))
				return
			}
			require.Empty(t, txs(d))
			require.Equal(t, []string{tc.want.String()}, drops(d))
			require.Equal(t, id, d.Drops[0].L1Tx)
			if x, _, err := DecodeTx(raw, &w.p); err == nil {
				require.Equal(t, x.Hash(), d.Drops[0].ID)
				require.Equal(t, x.ID(), d.Drops[0].TxID)
			}
		})
	}
}

// Each case is one hostile bundle beside a good one, which it must not harm.
func TestDeriveHostileBundle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.tx(1, 0)
	good := EncodeBundle(relay1, CodecRaw, [][]byte{a}, &w.p)
	orphan := EncodeBundle(address.Zero, CodecRaw, [][]byte{a}, &w.p)
	for _, tc := range []struct {
		name string
		want Reason
		post PostBundle
	}{
		{"garbage", ReasonBadVersion, PostBundle{Bundle: []byte("no bundle at all")}},
		{"empty", ReasonMalformed, PostBundle{}},
		{"cut", ReasonMalformed, PostBundle{Bundle: good[:60]}},
		{"no relay", ReasonMalformed,
			PostBundle{Bundle: orphan, Weight: w.weight(a)}},
		{"zip bomb", ReasonBadCodec, PostBundle{Bundle: (&Bundle{
			Relay: relay1, Codec: CodecDeflate, TxCount: 1, Body: deflate(make([]byte, 4<<20)),
		}).Encode(), Weight: 1 << 40}},
		{"count lie", ReasonBadCount, PostBundle{Bundle: (&Bundle{
			Relay: relay1, TxCount: 2, Body: body(a),
		}).Encode(), Weight: 1 << 40}},
		{"weight lie", ReasonWeightLie,
			PostBundle{Bundle: good, Weight: w.weight(a) - 1}},
		{"oversize", ReasonTooLarge, PostBundle{Bundle: make([]byte, w.p.MaxBundleBytes+1)}},
		{"codec", ReasonBadCodec, PostBundle{Bundle: (&Bundle{Relay: relay1, Codec: 9}).Encode()}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			good := w.tx(7, 0)
			id := w.l1(&tc.post)
			w.post(relay2, 0, good)
			d := w.derive()
			require.Equal(t, []Hash{w.hash(good)}, txs(d))
			require.Equal(t, []Drop{{ID: id, L1Tx: id, Reason: tc.want}}, d.Drops)
		})
	}
}

func TestDeriveOneBadTransactionDropsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good1, good2 := w.tx(1, 0), w.tx(2, 0)
	bad := make([]byte, 300)
	bad[0] = 9
	id := w.post(relay1, 0, good1, bad, bad, good2, bad, make([]byte, 300))
	d := w.derive()
	require.ElementsMatch(t, []Hash{w.hash(good1), w.hash(good2)}, txs(d))
	require.Equal(t, []Drop{{ID: id, L1Tx: id, Reason: ReasonBadVersion}}, d.Drops,
		"what has no id has one record a reason")
}

func TestDeriveWeightLieLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.tx(1, 0)
	bad := make([]byte, 300)
	id := w.l1(&PostBundle{Bundle: EncodeBundle(relay1, CodecRaw, [][]byte{bad, a}, &w.p)})
	w.post(relay2, 0, a)
	d := w.derive()
	require.Equal(t, []Hash{w.hash(a)}, txs(d), "a dropped bundle's copy is no first copy")
	require.Equal(t, relay2, d.Items[1].Relay)
	require.Equal(t, []Drop{{ID: id, L1Tx: id, Reason: ReasonWeightLie}}, d.Drops)
}

func TestDeriveDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.tx(1, 0)
	other := w.tx(1, 0, func(x *Tx) { x.Auth = []byte{9, 9, 9} })
	require.Equal(t, w.decode(a).ID(), w.decode(other).ID())
	w.post(relay1, 0, a, a)    // within a bundle
	w.post(relay2, 0, a)       // across bundles
	w.post(relay2, 0, other)   // one TxID, another auth: both are items
	w.l1(&ForcedTx{Tx: other}) // forced comes before bundles
	w.l1(&ForcedTx{Tx: other}) // forced twice
	d := w.derive()
	require.Equal(t, []Hash{w.hash(other), w.hash(a)}, txs(d))
	require.Equal(t, ItemForced, d.Items[1].Kind)
	require.Equal(t, relay1, d.Items[2].Relay, "the first position stays")
	require.Equal(t, []string{"DUPLICATE", "DUPLICATE", "DUPLICATE", "DUPLICATE"}, drops(d))
}

func TestDeriveOverfull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := func(x *Tx) { x.MaxUnits[metering.Write] = w.p.MaxTx[metering.Write] }
	room := int((w.p.Layer[metering.Write] - 2*w.p.SystemItem[metering.Write]) /
		w.p.MaxTx[metering.Write])
	var low [][]byte
	for i := range room {
		low = append(low, w.tx(byte(i), 0, full))
	}
	small := w.tx(0xee, 0)
	w.post(relay1, 1, append(low, small)...)
	high := w.tx(0xff, 5, full)
	w.post(relay2, 2, high)
	d := w.derive()
	require.Len(t, txs(d), room+1, "a small one fits where a large one does not")
	require.Contains(t, txs(d), w.hash(high), "the bid decides")
	require.Contains(t, txs(d), w.hash(small))
	require.Equal(t, []string{"LAYER_FULL"}, drops(d))
	last := Hash{}
	for _, raw := range low {
		if h := w.hash(raw); string(h[:]) > string(last[:]) {
			last = h
		}
	}
	require.Equal(t, last, d.Drops[0].ID, "among equal bids the largest TxHash goes")
}

func TestDeriveForcedQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	most := func(x *Tx) { x.MaxUnits = w.p.MaxForced() }
	over := func(x *Tx) { x.MaxUnits[metering.Compute] = w.p.MaxForced()[metering.Compute] + 1 }
	var all []Hash
	for i := range 20 {
		raw := w.tx(byte(i), 0, most, func(x *Tx) { x.ExpiryLayer = 100 })
		all = append(all, w.hash(raw))
		w.l1(&ForcedTx{Tx: raw})
	}
	w.l1(&ForcedTx{Tx: w.tx(99, 0, over)})
	w.l1(&ForcedTx{Tx: []byte("garbage")})
	var got []Hash
	for len(got) < len(all) {
		d := w.derive()
		require.Len(t, txs(d), min(8, len(all)-len(got)), "an eighth of the share each")
		got = append(got, txs(d)...)
		for i := range d.Items {
			if d.Items[i].Kind == ItemForced {
				require.Equal(t, uint64(100), d.Items[i].Expiry, "waiting does not expire it")
			}
		}
		if len(got) == len(all) {
			require.Equal(t, []string{"FORCED_TOO_LARGE", "BAD_VERSION"}, drops(d))
			require.Empty(t, d.Carry.Forced)
			require.Equal(t, (&Carry{}).Root(), d.Carry.Root())
		} else {
			back, err := DecodeCarry(d.Carry.Encode())
			require.NoError(t, err)
			require.Equal(t, d.Carry, *back)
			require.NotEqual(t, (&Carry{}).Root(), back.Root())
		}
		w.carry = d.Carry
		w.source = Layer{Header: Header{Height: w.header.Height}}
		w.header.Height++
	}
	require.Equal(t, all, got, "first in, first out")
}

func TestCheckForced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.tx(1, 0, func(x *Tx) { x.ExpiryLayer = 100 })
	it, err := w.p.CheckForced(raw, 100, w.chain)
	require.NoError(t, err)
	require.Equal(t, w.weight(raw), it.Weight)
	for want, check := range map[Reason]func() error{
		ReasonExpired:    func() error { _, err := w.p.CheckForced(raw, 101, w.chain); return err },
		ReasonWrongChain: func() error { _, err := w.p.CheckForced(raw, 100, Hash{}); return err },
		ReasonMalformed:  func() error { _, err := w.p.CheckForced(nil, 100, w.chain); return err },
		ReasonForcedTooLarge: func() error {
			raw := w.tx(1, 0, func(x *Tx) { x.MaxUnits = w.p.MaxTx })
			_, err := w.p.CheckForced(raw, 100, w.chain)
			return err
		},
	} { //lint:unordered independent cases
		require.Equal(t, want.String(), reasonOf(check()).String())
	}
	w.carry.Forced = []ForcedEntry{{Tx: raw}, {Tx: []byte{1}}, {Tx: raw}}
	u := w.p.Declared(it).Units
	require.Equal(t, u.Add(u), w.carry.Waiting(&w.p))
}
