package executor

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// jobKind says what a job does on L1.
type jobKind uint8

const (
	jobClaim     jobKind = 1 // ClaimCommit, then PostClaim
	jobChallenge jobKind = 2 // ChallengeOpen, then ChallengeProve
)

func (k jobKind) String() string {
	if k == jobClaim {
		return "claim"
	}
	return "challenge"
}

// job is one thing that the executor does on L1. It takes two transactions: the first commits to
// the second, which is sent when the first is in a block.
type job struct {
	seq    uint64
	kind   jobKind
	target rollup.Hash // the claim that is posted or challenged
	step   uint32      // jobChallenge: the step that is challenged
	first  *sent
	second *sent // nil until the first is in a block

	// hidden is the second transaction, unsigned: its nonce is chosen when it is sent. It is kept in
	// a record of its own, since a witness is large.
	hidden []byte
	saved  []byte // what the outbox's store holds
}

// sent is a signed L1 transaction.
type sent struct {
	id     rollup.Hash
	nonce  uint64
	raw    []byte        // the same bytes are submitted until they are in a block
	height uint64        // block that includes it; 0 while it waits
	reason rollup.Reason // why it has no effect
	lost   bool          // it will never be in a block, or was refused
}

// done reports whether the transaction took effect.
func (s *sent) done() bool { return s != nil && s.height > 0 && !s.lost }

// failed reports whether a transaction of the job will never take effect.
func (j *job) failed() bool { return j.first.lost || j.second != nil && j.second.lost }

// hasty reports whether both transactions are in one block, where the second is too early. It is
// sent after the first, but a reorganisation lets both wait again, and a block may then take them
// together.
func (j *job) hasty() bool {
	return j.first.done() && j.second != nil && j.second.lost && j.second.height == j.first.height
}

// open reports whether the job still has something to send.
func (j *job) open() bool { return !j.failed() && !j.second.done() }

// reason is why the job failed.
func (j *job) reason() rollup.Reason {
	if j.first.lost {
		return j.first.reason
	}
	return j.second.reason
}

// Keys of the outbox.
const (
	keyGuard  = 'g' // chain id and L1 account that the outbox belongs to
	keyJob    = 'j' // seq -> job
	keyReveal = 'r' // seq -> job.hidden
	keyTried  = 't' // claim id, step -> number of challenges that came to an end
	// keyOutcome: claim id, step -> challenged
	keyOutcome = 'o'
)

func seqKey(space byte, seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{space}, seq)
}

func triedKey(claim rollup.Hash, step uint32) []byte {
	return binary.BigEndian.AppendUint32(append([]byte{keyTried}, claim[:]...), step)
}

func (j *job) write() kv.Write {
	var e scale.Encoder
	e.U8(uint8(j.kind))
	e.Raw(j.target[:])
	e.U32(j.step)
	j.first.encode(&e)
	e.Bool(j.second != nil)
	if j.second != nil {
		j.second.encode(&e)
	}
	return kv.Write{Key: seqKey(keyJob, j.seq), Value: e.B}
}

func decodeJob(key, b []byte) (*job, error) {
	j := &job{seq: binary.BigEndian.Uint64(key[1:])}
	d := scale.NewDecoder(b)
	j.kind = jobKind(d.U8())
	d.Fill(j.target[:])
	j.step = d.U32()
	j.first = decodeSent(d)
	if d.Bool() {
		j.second = decodeSent(d)
	}
	return j, damaged("outbox", d.Finish())
}

func (s *sent) encode(e *scale.Encoder) {
	e.Raw(s.id[:])
	e.U64(s.nonce)
	e.Bytes(s.raw)
	e.U64(s.height)
	e.U16(uint16(s.reason))
	e.Bool(s.lost)
}

func decodeSent(d *scale.Decoder) *sent {
	s := new(sent)
	d.Fill(s.id[:])
	s.nonce = d.U64()
	s.raw = append([]byte{}, d.Bytes(maxStored)...)
	s.height = d.U64()
	s.reason = rollup.Reason(d.U16())
	s.lost = d.Bool()
	return s
}

// salt hides what a commitment stands for. It is derived from the key and from what is hidden, so
// that a lost outbox makes the same commitment again.
func salt(key ed25519.PrivateKey, what ...[]byte) rollup.Hash {
	h := sha256.New()
	h.Write([]byte("athena/salt"))
	h.Write(key.Seed())
	for _, b := range what {
		h.Write(b)
	}
	return rollup.Hash(h.Sum(nil))
}
