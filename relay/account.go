package relay

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// keptAccounts bounds the accounts of bundles that are kept. What an older one still waits for
// counts as unknown.
const keptAccounts = 4_096

// tally is cost and income of bundles (docs/operate/relay.md).
type tally struct {
	bundles, txs             uint64
	effective, vain, unknown uint64 // transactions that paid, did not, or cannot be asked for

	bytes, inclusionCost, bid uint64 // cost on L1
	data, inclusion, tips     uint64 // income on Athena
	expected                  uint64 // income, were all transactions effective
}

// fields are all amounts, in the order of the encoding.
func (t *tally) fields() []*uint64 {
	return []*uint64{
		&t.bundles, &t.txs, &t.effective, &t.vain, &t.unknown, &t.bytes, &t.inclusionCost, &t.bid,
		&t.data, &t.inclusion, &t.tips, &t.expected,
	}
}

// plus is the sum of two tallies.
func (t tally) plus(o tally) tally {
	for i, f := range t.fields() {
		*f = saturatingAdd(*f, *o.fields()[i])
	}
	return t
}

// cost is what L1 took.
func (t *tally) cost() uint64 {
	return saturatingAdd(saturatingAdd(t.bytes, t.inclusionCost), t.bid)
}

func (t *tally) encode(e *scale.Encoder) {
	for _, f := range t.fields() {
		e.U64(*f)
	}
}

func (t *tally) decode(d *scale.Decoder) {
	for _, f := range t.fields() {
		*f = d.U64()
	}
}

func (t *tally) write() kv.Write {
	var e scale.Encoder
	t.encode(&e)
	return kv.Write{Key: []byte{keyTotal}, Value: e.B}
}

// account is that of a bundle that no reorganisation can undo.
type account struct {
	seq    uint64      // of the posting
	bundle rollup.Hash // id
	l1tx   rollup.Hash
	height uint64 // block that includes it
	tally  tally
	open   []due // what nobody has said yet whether it is paid
}

// due is what one transaction pays if it is effective.
type due struct {
	tx  rollup.Hash
	pay pay
}

func (a *account) write() kv.Write {
	var e scale.Encoder
	e.Raw(a.bundle[:])
	e.Raw(a.l1tx[:])
	e.U64(a.height)
	a.tally.encode(&e)
	e.Len(len(a.open))
	for i := range a.open {
		c := &a.open[i]
		e.Raw(c.tx[:])
		e.U64(c.pay.data)
		e.U64(c.pay.inclusion)
		e.U64(c.pay.tip)
	}
	return kv.Write{Key: seqKey(keyAccount, a.seq), Value: e.B}
}

func decodeAccount(key, b []byte) (*account, error) {
	if len(key) != 1+8 {
		return nil, fmt.Errorf("relay: stored account: key of %d bytes", len(key))
	}
	d := scale.NewDecoder(b)
	a := &account{seq: binary.BigEndian.Uint64(key[1:])}
	d.Fill(a.bundle[:])
	d.Fill(a.l1tx[:])
	a.height = d.U64()
	a.tally.decode(d)
	a.open = make([]due, d.Len(d.Remaining()/(len(rollup.Hash{})+3*8)))
	for i := range a.open {
		c := &a.open[i]
		d.Fill(c.tx[:])
		c.pay = pay{data: d.U64(), inclusion: d.U64(), tip: d.U64()}
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("relay: stored account: %w", err)
	}
	return a, nil
}

// tallyOf is what a bundle in a block cost, and what it would earn. The caller holds mu.
func (r *Relay) tallyOf(p *posting) (t tally, dues []due) {
	h, weight := &p.header, p.post().Weight
	t.bundles, t.txs = 1, uint64(len(p.txs))
	t.bytes = saturatingMul(uint64(len(p.raw)), h.ByteFee)
	t.inclusionCost = saturatingMul(weight, h.InclusionPrice)
	t.bid = saturatingMul(weight, p.now().price)
	r.own(p, func(tx rollup.Hash, rec *record) {
		c := due{tx, rec.terms.owed(h)}
		t.expected = saturatingAdd(t.expected, c.pay.sum())
		if rec.stage == stageOrdered {
			dues = append(dues, c)
		}
	})
	return t, dues
}

// openAccount returns the account of a bundle that nothing can undo, and the writes that keep it. The
// caller holds mu, and calls keep when they are durable.
func (r *Relay) openAccount(p *posting) (*account, []kv.Write) {
	t, dues := r.tallyOf(p)
	t.vain = t.txs - uint64(len(dues))
	if r.exec == nil {
		t.unknown, dues = uint64(len(dues)), nil
	}
	a := &account{
		seq: p.seq, bundle: p.id, l1tx: p.now().id, height: p.height, tally: t, open: dues,
	}
	total := r.total.plus(t)
	return a, []kv.Write{a.write(), total.write()}
}

// keep counts an account that is durable. The caller holds mu.
func (r *Relay) keep(a *account) {
	r.total = r.total.plus(a.tally)
	r.accounts++
	if len(a.open) > 0 {
		r.unpaid = append(r.unpaid, a.seq)
	}
}

// loadAccounts reads the totals, and the accounts that still wait for something.
func (r *Relay) loadAccounts() error {
	v, ok, err := r.store.Get([]byte{keyTotal})
	if err != nil {
		return err
	}
	if ok {
		d := scale.NewDecoder(v)
		r.total.decode(d)
		if err := d.Finish(); err != nil {
			return fmt.Errorf("relay: stored total: %w", err)
		}
	}
	return r.each(keyAccount, func(k, v []byte) error {
		a, err := decodeAccount(k, v)
		if err != nil {
			return err
		}
		r.accounts++
		r.nextSeq = max(r.nextSeq, a.seq+1)
		if len(a.open) > 0 {
			r.unpaid = append(r.unpaid, a.seq)
		}
		return nil
	})
}

// account reads the account of a posting; nil when there is none (any more).
func (r *Relay) account(seq uint64) (*account, error) {
	key := seqKey(keyAccount, seq)
	v, ok, err := r.store.Get(key)
	if err != nil || !ok {
		return nil, err
	}
	return decodeAccount(key, v)
}

// pruneAccounts deletes the oldest accounts beyond those that are kept. The caller holds mu.
func (r *Relay) pruneAccounts() error {
	excess := r.accounts - keptAccounts
	if excess <= 0 {
		return nil
	}
	var writes []kv.Write
	var lost tally
	var old []uint64
	err := r.each(keyAccount, func(k, v []byte) error {
		if len(old) >= excess {
			return errEnough
		}
		a, err := decodeAccount(k, v)
		if err != nil {
			return err
		}
		lost.unknown += uint64(len(a.open))
		old = append(old, a.seq)
		writes = append(writes, kv.Write{Key: append([]byte{}, k...), Delete: true})
		return nil
	})
	if err != nil {
		return err
	}
	total := r.total.plus(lost)
	if err := r.apply(append(writes, total.write())...); err != nil {
		return err
	}
	r.total, r.accounts = total, r.accounts-len(old)
	for len(r.unpaid) > 0 && r.unpaid[0] <= old[len(old)-1] {
		r.unpaid = r.unpaid[1:]
	}
	return nil
}

// newestAccounts returns the accounts of the newest bundles that nothing can undo, newest first. The
// caller holds mu.
func (r *Relay) newestAccounts(count int) (newest []*account, err error) {
	if count <= 0 {
		return nil, nil
	}
	var seqs []uint64
	err = r.each(keyAccount, func(k, _ []byte) error {
		seqs = append(seqs, binary.BigEndian.Uint64(k[1:]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, seq := range slices.Backward(seqs[max(0, len(seqs)-count):]) {
		a, err := r.account(seq)
		if err != nil {
			return nil, err
		}
		if a != nil {
			newest = append(newest, a)
		}
	}
	return newest, nil
}
