package executor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/athenarollup/athena/api/wire"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/scale"
)

// Spaces of the side data of the state database. Heights in keys are big endian.
const (
	spaceLayer   = 'l' // height -> layerRecord
	spaceItem    = 'r' // height, item index -> itemRecord
	spaceID      = 't' // TxID, TxHash or deposit id -> idRecord
	spaceDropped = 'd' // TxID, TxHash or L1 id -> dropRecord
	spaceCarry   = 'c' // height -> carry after the layer
	spaceLeft    = 'w' // height, index in the layer's list -> leftRecord; never pruned
	spaceGuard   = 'g' // empty key -> chain id that the database belongs to
)

// maxStored bounds every vector in a record of our own.
const maxStored = 1 << 28

// errRecord says that a stored record does not decode: the database is damaged.
var errRecord = errors.New("executor: stored record is damaged; delete the folder and start " +
	"again: everything in it is derived from L1")

// meta is what the head of the state database says beside layer and root.
type meta struct {
	L1Hash rollup.Hash // of the block at this layer; zero at layer 0
	Time   uint64
}

func (m *meta) encode() []byte {
	var e scale.Encoder
	e.Raw(m.L1Hash[:])
	e.U64(m.Time)
	return e.B
}

func decodeMeta(b []byte) (m meta, err error) {
	d := scale.NewDecoder(b)
	d.Fill(m.L1Hash[:])
	m.Time = d.U64()
	return m, damaged("head", d.Finish())
}

// layerRecord is what an executed layer leaves behind for claims, challenges and questions.
type layerRecord struct {
	L1Hash    rollup.Hash
	Time      uint64
	PreRoot   rollup.Hash
	StepRoots []rollup.Hash
	Firsts    []uint32 // index of each step's first item
	Items     uint32
	Drops     []rollup.Drop
}

// post is the root after the layer.
func (l *layerRecord) post() rollup.Hash { return l.StepRoots[len(l.StepRoots)-1] }

// stepOf returns the step that executes an item.
func (l *layerRecord) stepOf(item uint32) int {
	i, found := slices.BinarySearch(l.Firsts, item)
	if found {
		return i
	}
	return i - 1
}

func (l *layerRecord) encode() []byte {
	var e scale.Encoder
	e.Raw(l.L1Hash[:])
	e.U64(l.Time)
	e.Raw(l.PreRoot[:])
	e.Len(len(l.StepRoots))
	for i := range l.StepRoots {
		e.Raw(l.StepRoots[i][:])
		e.U32(l.Firsts[i])
	}
	e.U32(l.Items)
	e.Len(len(l.Drops))
	for i := range l.Drops {
		e.Raw(l.Drops[i].ID[:])
		e.Raw(l.Drops[i].TxID[:])
		e.Raw(l.Drops[i].L1Tx[:])
		e.U16(uint16(l.Drops[i].Reason))
	}
	return e.B
}

func decodeLayerRecord(b []byte) (*layerRecord, error) {
	l := new(layerRecord)
	d := scale.NewDecoder(b)
	d.Fill(l.L1Hash[:])
	l.Time = d.U64()
	d.Fill(l.PreRoot[:])
	l.StepRoots = make([]rollup.Hash, d.Len(len(b)/len(rollup.Hash{})))
	l.Firsts = make([]uint32, len(l.StepRoots))
	for i := range l.StepRoots {
		d.Fill(l.StepRoots[i][:])
		l.Firsts[i] = d.U32()
	}
	l.Items = d.U32()
	l.Drops = make([]rollup.Drop, d.Len(len(b)/len(rollup.Hash{})))
	for i := range l.Drops {
		d.Fill(l.Drops[i].ID[:])
		d.Fill(l.Drops[i].TxID[:])
		d.Fill(l.Drops[i].L1Tx[:])
		l.Drops[i].Reason = rollup.Reason(d.U16())
	}
	if err := d.Finish(); err != nil || len(l.StepRoots) == 0 {
		return nil, damaged("layer", errors.Join(err, errRecord))
	}
	return l, nil
}

// encodeItem is the record of an executed item: its receipt and what the receipt's hashes commit
// to.
func encodeItem(txID rollup.Hash, receipt, returned []byte, events []rollup.Event) []byte {
	var e scale.Encoder
	e.Raw(txID[:])
	e.Bytes(receipt)
	e.Bytes(returned)
	e.Len(len(events))
	for i := range events {
		e.Bytes(events[i].Encode())
	}
	return e.B
}

func decodeItem(layer uint64, b []byte) (*wire.Executed, error) {
	x := &wire.Executed{Layer: layer}
	d := scale.NewDecoder(b)
	d.Fill(x.TxID[:])
	encoded := d.Bytes(maxStored)
	x.Return = d.Bytes(maxStored)
	x.Events = make([]rollup.Event, d.Len(len(b)))
	var all error
	for i := range x.Events {
		ev, err := rollup.DecodeEvent(d.Bytes(maxStored))
		if err != nil {
			all = errors.Join(all, err)
			break
		}
		x.Events[i] = *ev
	}
	r, err := rollup.DecodeReceipt(encoded)
	if err := errors.Join(all, err, d.Finish()); err != nil {
		return nil, damaged("item", err)
	}
	x.Receipt = *r
	return x, nil
}

// idRecord says where an item is. Of several copies with one id the effective one counts.
type idRecord struct {
	layer     uint64
	index     uint32
	effective bool
}

func (r *idRecord) encode() []byte {
	var e scale.Encoder
	e.U64(r.layer)
	e.U32(r.index)
	e.Bool(r.effective)
	return e.B
}

func decodeIDRecord(b []byte) (r idRecord, err error) {
	d := scale.NewDecoder(b)
	r.layer, r.index, r.effective = d.U64(), d.U32(), d.Bool()
	return r, damaged("id", d.Finish())
}

// dropRecord says where and why derivation left something out.
type dropRecord struct {
	layer  uint64
	reason rollup.Reason
}

func (r *dropRecord) encode() []byte {
	var e scale.Encoder
	e.U64(r.layer)
	e.U16(uint16(r.reason))
	return e.B
}

func decodeDropRecord(b []byte) (r dropRecord, err error) {
	d := scale.NewDecoder(b)
	r.layer, r.reason = d.U64(), rollup.Reason(d.U16())
	return r, damaged("drop", d.Finish())
}

func damaged(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w (%s: %w)", errRecord, what, err)
}

func heightKey(h uint64) []byte { return binary.BigEndian.AppendUint64(nil, h) }

func itemKey(h uint64, index uint32) []byte {
	return binary.BigEndian.AppendUint32(heightKey(h), index)
}

// layerAux makes the side data of an executed layer.
func layerAux(
	s statetree.Store, h uint64, rec *layerRecord, l *stf.Layer, res *stf.LayerResult, carry []byte,
) ([]statetree.Aux, error) {
	aux := []statetree.Aux{
		{Space: spaceLayer, Key: heightKey(h), Value: rec.encode()},
		{Space: spaceCarry, Key: heightKey(h), Value: carry},
	}
	ids := idIndex{store: s, found: map[rollup.Hash]bool{}}
	for i := range l.Steps {
		step := res.Steps[i]
		for j := range step.Receipts {
			r := &step.Receipts[j]
			var txID rollup.Hash
			if tx := l.Items[r.ItemIndex].Tx; tx != nil {
				txID = tx.ID()
			}
			aux = append(aux, statetree.Aux{
				Space: spaceItem, Key: itemKey(h, r.ItemIndex),
				Value: encodeItem(txID, r.Encode(), step.Returns[j], step.Events[j]),
			})
			at := idRecord{
				layer: h, index: r.ItemIndex,
				effective: r.Outcome != rollup.OutcomeIneffective,
			}
			for _, id := range [...]rollup.Hash{r.TxHash, txID} {
				if err := ids.add(id, at); err != nil {
					return nil, err
				}
			}
		}
	}
	aux = append(aux, ids.aux...)
	aux = append(aux, leftAux(h, l, res)...)
	for i := range rec.Drops {
		d := &rec.Drops[i]
		at := dropRecord{layer: h, reason: d.Reason}
		for _, id := range [...]rollup.Hash{d.ID, d.TxID} {
			if id != (rollup.Hash{}) {
				aux = append(aux, statetree.Aux{
					Space: spaceDropped, Key: id[:], Value: at.encode(),
				})
			}
		}
	}
	return aux, nil
}

// idIndex collects where the ids of a layer's items are found. An ineffective copy never hides an
// effective one, of this layer or of an earlier one.
type idIndex struct {
	store statetree.Store
	found map[rollup.Hash]bool // ids of this layer; true: an effective copy
	aux   []statetree.Aux
}

func (x *idIndex) add(id rollup.Hash, at idRecord) error {
	if id == (rollup.Hash{}) || x.found[id] {
		return nil
	}
	if !at.effective {
		b, ok, err := x.store.Aux(spaceID, id[:])
		if err != nil {
			return err
		}
		if ok {
			old, err := decodeIDRecord(b)
			if err != nil || old.effective {
				return err
			}
		}
	}
	x.found[id] = at.effective
	x.aux = append(x.aux, statetree.Aux{Space: spaceID, Key: id[:], Value: at.encode()})
	return nil
}
