package relay

import (
	"encoding/binary"
	"fmt"

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
	seq    uint64 // order of acceptance
	stage  stage
	reason rollup.Reason
	layer  uint64 // executes it; 0 before it is ordered
	bundle rollup.Hash
	txID   rollup.Hash
	expiry uint64
	raw    []byte
}

// posting is a bundle on its way: the signed L1 transaction, kept until no reorganisation can undo it.
type posting struct {
	seq    uint64
	raw    []byte // canonical L1 transaction: what is posted again after a crash or a reorganisation
	height uint64 // block that includes it; 0 while it waits
	txs    []rollup.Hash
}

// Key spaces of the durable store.
const (
	keyRecord  = 't' // ‖ TxHash -> record
	keyID      = 'i' // ‖ TxID -> TxHash of the newest copy
	keyPosting = 'b' // ‖ seq u64 BE -> posting
	keyAccount = 'g' // guard: the network and account that the store belongs to
)

func recordKey(h rollup.Hash) []byte { return append([]byte{keyRecord}, h[:]...) }
func idKey(h rollup.Hash) []byte     { return append([]byte{keyID}, h[:]...) }
func postingKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{keyPosting}, seq)
}

func (r *record) write(h rollup.Hash) kv.Write {
	var e scale.Encoder
	e.U64(r.seq)
	e.U8(uint8(r.stage))
	e.U16(uint16(r.reason))
	e.U64(r.layer)
	e.Raw(r.bundle[:])
	e.Raw(r.txID[:])
	e.U64(r.expiry)
	e.Bytes(r.raw)
	return kv.Write{Key: recordKey(h), Value: e.B}
}

func decodeRecord(b []byte) (*record, error) {
	d := scale.NewDecoder(b)
	r := &record{
		seq: d.U64(), stage: stage(d.U8()), reason: rollup.Reason(d.U16()), layer: d.U64(),
	}
	d.Fill(r.bundle[:])
	d.Fill(r.txID[:])
	r.expiry = d.U64()
	r.raw = append([]byte{}, d.Bytes(len(b))...)
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("relay: stored transaction: %w", err)
	}
	return r, nil
}

func (p *posting) write() kv.Write {
	var e scale.Encoder
	e.Bytes(p.raw)
	e.U64(p.height)
	e.Len(len(p.txs))
	for _, h := range p.txs {
		e.Raw(h[:])
	}
	return kv.Write{Key: postingKey(p.seq), Value: e.B}
}

func decodePosting(key, b []byte) (*posting, error) {
	d := scale.NewDecoder(b)
	p := &posting{seq: binary.BigEndian.Uint64(key[1:])}
	p.raw = append([]byte{}, d.Bytes(len(b))...)
	p.height = d.U64()
	p.txs = make([]rollup.Hash, d.Len(len(b)/len(rollup.Hash{})))
	for i := range p.txs {
		d.Fill(p.txs[i][:])
	}
	if err := d.Finish(); err != nil {
		return nil, fmt.Errorf("relay: stored bundle: %w", err)
	}
	return p, nil
}
