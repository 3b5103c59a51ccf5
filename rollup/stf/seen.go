package stf

import (
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// The seen set holds the ids of the unordered transactions that were effective and may still be
// posted again. A queue beside it, in buckets by layer of expiry, lets layer end forget old ids
// without a search: bucket e is the record seenq/e = count, and the records seenq/e/i = id.

// seenAhead bounds how far below the head the purge may look in one layer end; it must walk faster
// than layers come, or it would fall behind for ever.
const seenAhead = 2

func seenName(id rollup.Hash) string { return prefixSeen + string(id[:]) }

func seenBucketName(expiry uint64) string {
	return string(binary.BigEndian.AppendUint64([]byte(prefixSeenQueue), expiry))
}

func seenEntryName(expiry uint64, index uint32) string {
	return string(binary.BigEndian.AppendUint32([]byte(seenBucketName(expiry)), index))
}

// seen reports whether an unordered transaction was effective before.
func (r *run) seen(id rollup.Hash) bool {
	_, ok := r.state.System(seenName(id))
	return ok
}

// remember adds an unordered transaction to the seen set.
func (r *run) remember(id rollup.Hash, expiry uint64) {
	n := r.bucket(expiry)
	r.state.SetSystem(seenName(id), encodeU64(expiry))
	r.state.SetSystem(seenEntryName(expiry, n), id[:])
	r.state.SetSystem(seenBucketName(expiry), binary.LittleEndian.AppendUint32(nil, n+1))
}

// bucket returns the number of ids in a bucket.
func (r *run) bucket(expiry uint64) uint32 {
	b, ok := r.state.System(seenBucketName(expiry))
	if !ok {
		return 0
	}
	if len(b) != 4 {
		r.damaged(fmt.Errorf("seen bucket %d has %d bytes", expiry, len(b)))
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

// seenCursor is the record "seenNext": the first id that is not purged yet.
type seenCursor struct {
	layer uint64
	index uint32
}

func (c seenCursor) encode() []byte {
	var e scale.Encoder
	e.U64(c.layer)
	e.U32(c.index)
	return e.B
}

func decodeSeenCursor(b []byte) (c seenCursor, err error) {
	d := scale.NewDecoder(b)
	c.layer = d.U64()
	c.index = d.U32()
	return c, d.Finish()
}

// seenRetention is for how many layers after its expiry an id is kept. A forced transaction is judged
// by the layer that accepted it and may wait in the queue of L1 long after. The queue holds at most
// MaxCarryDelay shares in each of the five dimensions, and a layer that does not empty it takes more
// than 7/8 of a share in one of them: all are through after 5·8/7·MaxCarryDelay layers, and one more.
func seenRetention(p *rollup.Params) uint64 { return p.OrderDelay + 6*p.MaxCarryDelay }

// purgeSeen deletes ids whose transactions cannot come back, at most SeenPurgePerLayer of them.
// What is left over has no effect, since its transactions are expired.
func (r *run) purgeSeen() {
	p := r.layer.Params
	keep := seenRetention(p)
	c, err := decodeSeenCursor(r.record(recordSeenNext))
	if err != nil {
		r.damaged(err)
		return
	}
	start := c
	purge, walk := p.SeenPurgePerLayer, seenAhead
	for r.layer.Header.Height > keep && c.layer < r.layer.Header.Height-keep {
		n := r.bucket(c.layer)
		for ; c.index < n && purge > 0; purge-- {
			r.forget(c)
			c.index++
		}
		if c.index < n || walk == 0 || r.failed() != nil {
			break
		}
		walk--
		if n > 0 {
			r.state.DeleteSystem(seenBucketName(c.layer))
		}
		c = seenCursor{layer: c.layer + 1}
	}
	if c != start {
		r.setRecord(recordSeenNext, c.encode())
	}
}

// forget deletes one id from the seen set and from its bucket.
func (r *run) forget(c seenCursor) {
	name := seenEntryName(c.layer, c.index)
	id := r.record(name)
	if len(id) != len(rollup.Hash{}) {
		r.damaged(fmt.Errorf("seen entry %d/%d has %d bytes", c.layer, c.index, len(id)))
		return
	}
	r.state.DeleteSystem(seenName(rollup.Hash(id)))
	r.state.DeleteSystem(name)
}
