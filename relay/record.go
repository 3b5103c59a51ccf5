package relay

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// stage is how far a transaction has come in the relay's own hands. What follows (executed, claimed,
// final) is not kept: it is read from an executor and from L1 when somebody asks.
type stage uint8

const (
	stageAccepted stage = 1
	stageBundled  stage = 2
	stageOrdered  stage = 3
	stageDropped  stage = 4
)

// record is what the relay knows of one transaction.
type record struct {
	seq     uint64 // order of acceptance
	stage   stage
	reason  rollup.Reason
	layer   uint64      // executes it; 0 before it is ordered
	posting uint64      // seq of the bundle that carries it; 0 while it waits
	l1tx    rollup.Hash // newest L1 transaction known to carry it; zero while it waits
	txID    rollup.Hash
	expiry  uint64
	ended   uint64 // block at which nothing could change any more; 0 before

	raw   []byte    // not part of the encoding; nil unless it waits in the queue
	terms terms     // likewise; of what has not ended
	since time.Time // likewise: when it came, or when the relay started
}

// Key spaces of the durable store.
const (
	keyRecord   = 't' // ‖ TxHash -> record
	keyRaw      = 'r' // ‖ TxHash -> the transaction, until no reorganisation can undo its bundle
	keyID       = 'i' // ‖ TxID -> TxHash of the copy that a TxID names
	keyQueue    = 'q' // ‖ seq u64 BE -> TxHash of what waits
	keyPosting  = 'b' // ‖ seq u64 BE -> posting
	keyFinished = 'f' // ‖ height u64 BE ‖ TxHash -> nothing: records that have ended, by age
	keyAccount  = 'a' // ‖ seq u64 BE -> account of a posting that nothing can undo
	keyTotal    = 's' // -> tally of all of them
	keyParams   = 'p' // -> the parameters that terms go by, unless they are those of the genesis
	keyGuard    = 'g' // the network and account that the store belongs to
)

func hashKey(space byte, h rollup.Hash) []byte { return append([]byte{space}, h[:]...) }

func seqKey(space byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{space}, seq)
}

func (r *record) write(h rollup.Hash) kv.Write {
	var e scale.Encoder
	e.U64(r.seq)
	e.U8(uint8(r.stage))
	e.U16(uint16(r.reason))
	e.U64(r.layer)
	e.U64(r.posting)
	e.Raw(r.l1tx[:])
	e.Raw(r.txID[:])
	e.U64(r.expiry)
	e.U64(r.ended)
	return kv.Write{Key: hashKey(keyRecord, h), Value: e.B}
}

func decodeRecord(b []byte) (*record, error) {
	d := scale.NewDecoder(b)
	r := &record{
		seq: d.U64(), stage: stage(d.U8()), reason: rollup.Reason(d.U16()), layer: d.U64(),
		posting: d.U64(),
	}
	d.Fill(r.l1tx[:])
	d.Fill(r.txID[:])
	r.expiry, r.ended = d.U64(), d.U64()
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("relay: stored transaction: %w", err)
	}
	if r.stage < stageAccepted || r.stage > stageDropped {
		return nil, fmt.Errorf("relay: stored transaction: no stage %d", r.stage)
	}
	return r, nil
}

// queued returns r as it is while it waits.
func (r *record) queued() record {
	q := *r
	q.stage, q.reason, q.layer = stageAccepted, rollup.ReasonNone, 0
	q.posting, q.l1tx = 0, rollup.Hash{}
	return q
}

// at returns r as it is when its bundle is in the block of a height, or in none (0). Layer is what
// executes that block; a transaction that has expired by then is dropped there.
func (r *record) at(height, orderDelay uint64) record {
	q := *r
	q.stage, q.reason, q.layer = stageBundled, rollup.ReasonNone, 0
	if height > 0 {
		q.stage, q.layer = stageOrdered, height+orderDelay
		if q.expiry < q.layer {
			q.stage, q.reason = stageDropped, rollup.ReasonExpired
		}
	}
	return q
}

// expired reports whether a bundle in the next block would come too late for r.
func (r *record) expired(height, orderDelay uint64) bool { return r.expiry <= height+orderDelay }
