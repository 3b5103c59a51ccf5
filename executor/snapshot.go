package executor

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/scale"
)

const (
	// MaxChunkBytes is the size of the largest chunk of a snapshot.
	MaxChunkBytes = 1 << 20
	// chunkFill leaves room for the hashes behind the last leaf of a chunk.
	chunkFill = MaxChunkBytes - 16<<10
	// viewChunks is the number of chunks that are cut from one view of the state: what a view has
	// read stays in memory.
	viewChunks = 16
	// keptSnapshots is the number of finished snapshots that are served: the newest, and the one
	// before for those who began with it.
	keptSnapshots = 2
)

// Snapshot is the state after a layer whose root is final on L1, cut into chunks. The root, and that
// it is final, is what who uses it asks his own L1.
type Snapshot struct {
	Claim  rollup.Hash // that made the layer final
	Layer  uint64      // the last of the claim
	Root   rollup.Hash
	L1Hash rollup.Hash // of the block at the layer
	Carry  []byte      // after the layer: the header of the block commits to it
	Chunks uint32
}

// ChunkInfo is what the index of a snapshot says of one chunk. It begins where the one before ends.
type ChunkInfo struct {
	To   statetree.Key
	Hash rollup.Hash // SHA-256 of the chunk's proof
}

// Keys of the snapshot store. Layers and indices are big endian.
const (
	keySnapshot = 's' // layer -> cut
	keyIndex    = 'i' // layer, index -> ChunkInfo
	keyChunk    = 'c' // layer, index -> proof
)

// cut is a snapshot in the store, finished or not.
type cut struct {
	Snapshot
	next statetree.Key // where the next chunk begins
	done bool
}

func (c *cut) write() kv.Write {
	var e scale.Encoder
	e.Raw(c.Claim[:])
	e.Raw(c.Root[:])
	e.Raw(c.L1Hash[:])
	e.Bytes(c.Carry)
	e.U32(c.Chunks)
	e.Raw(c.next[:])
	e.Bool(c.done)
	return kv.Write{Key: seqKey(keySnapshot, c.Layer), Value: e.B}
}

func decodeCut(k, v []byte) (*cut, error) {
	if len(k) != 9 {
		return nil, damaged("snapshot", errRecord)
	}
	c := new(cut)
	c.Layer = binary.BigEndian.Uint64(k[1:])
	d := scale.NewDecoder(v)
	d.Fill(c.Claim[:])
	d.Fill(c.Root[:])
	d.Fill(c.L1Hash[:])
	c.Carry = append([]byte{}, d.Bytes(maxStored)...)
	c.Chunks = d.U32()
	d.Fill(c.next[:])
	c.done = d.Bool()
	return c, damaged("snapshot", d.Finish())
}

func chunkKey(space byte, layer uint64, index uint32) []byte {
	return binary.BigEndian.AppendUint32(seqKey(space, layer), index)
}

// snapshots cuts the state after final layers into chunks and keeps them to be served. It cuts one
// chunk in each Step that has nothing else to do, so that an executor follows L1 meanwhile: layers
// that are executed between do not change what is cut, and a restart goes on at the next chunk.
type snapshots struct {
	ledger *ledger
	store  *kv.Store
	every  uint64 // layers; 0: none are cut
	fill   int    // bytes of a chunk
	log    *slog.Logger

	open *cut            // that is being cut; nil: none
	view *statetree.Tree // the state at open; nil, or stale when the head has moved
	left int             // chunks until the view is renewed
}

func openSnapshots(cfg *Config, l *ledger) (*snapshots, error) {
	store, err := cfg.records("snapshots")
	if err != nil {
		return nil, err
	}
	return &snapshots{ledger: l, store: store, every: uint64(cfg.SnapshotEvery),
		fill: cfg.SnapshotChunk, log: cfg.Log}, nil
}

// all returns the snapshots in the store, by layer.
func (s *snapshots) all() (all []*cut, err error) {
	var failed error
	err = s.store.Range([]byte{keySnapshot}, []byte{keySnapshot + 1}, func(k, v []byte) bool {
		var c *cut
		if c, failed = decodeCut(k, v); failed == nil {
			all = append(all, c)
		}
		return failed == nil
	})
	return all, first(err, failed)
}

// look decides what is to be cut: it drops what L1 took back, and goes on with a snapshot or begins
// one.
func (s *snapshots) look(claims []l1.ClaimInfo, final l1.FinalHead) error {
	if s.every == 0 {
		return nil
	}
	all, err := s.all()
	if err != nil {
		return err
	}
	s.open = nil
	known := map[uint64]bool{}
	for _, c := range all {
		ok, err := s.valid(c, final)
		if err != nil {
			return err
		}
		if !ok {
			if err := s.drop(c); err != nil {
				return err
			}
			continue
		}
		if known[c.Layer] = true; !c.done {
			s.open = c
		}
	}
	if s.open != nil {
		return nil
	}
	if claim := s.choose(claims, final); claim != nil && !known[claim.Claim.ToLayer] {
		s.open, err = s.begin(claim)
	}
	return err
}

// valid reports whether the state of a snapshot is still the final one.
func (s *snapshots) valid(c *cut, final l1.FinalHead) (bool, error) {
	if c.Layer > final.Layer {
		return false, nil
	}
	rec, err := s.ledger.record(c.Layer)
	if err != nil {
		return false, err
	}
	return rec == nil || rec.post() == c.Root && rec.L1Hash == c.L1Hash, nil
}

// choose returns the final claim to cut after: the first that reaches the newest multiple of every,
// so that all executors with one setting cut the same.
func (s *snapshots) choose(claims []l1.ClaimInfo, final l1.FinalHead) (best *l1.ClaimInfo) {
	least := final.Layer / s.every * s.every
	for i := range claims {
		c := &claims[i]
		if c.Status != l1.ClaimFinal || least == 0 || c.Claim.ToLayer < least {
			continue
		}
		if best == nil || c.Claim.ToLayer < best.Claim.ToLayer {
			best = c
		}
	}
	return best
}

// begin writes down what is going to be cut; nil if the state is not at hand.
func (s *snapshots) begin(claim *l1.ClaimInfo) (*cut, error) {
	layer := claim.Claim.ToLayer
	rec, err := s.ledger.record(layer)
	if err != nil || rec == nil {
		return nil, err
	}
	carry, ok, err := s.ledger.carryAfter(layer)
	if err != nil || !ok {
		return nil, err
	}
	c := &cut{Snapshot: Snapshot{
		Claim: claim.ID, Layer: layer, Root: rec.post(), L1Hash: rec.L1Hash, Carry: carry.Encode(),
	}}
	return c, s.store.Apply(c.write())
}

// advance cuts one chunk, and reports whether it did.
func (s *snapshots) advance() (bool, error) {
	c := s.open
	if c == nil {
		return false, nil
	}
	chunk, err := s.next(c)
	if errors.Is(err, statetree.ErrHistory) {
		s.log.Warn("snapshot given up: its layer left the history", "layer", c.Layer)
		return true, s.drop(c)
	}
	if err != nil {
		return false, err
	}
	info := ChunkInfo{To: chunk.To, Hash: sha256.Sum256(chunk.Proof)}
	index := c.Chunks
	c.Chunks++
	next, ok := chunk.Next()
	c.next, c.done = next, !ok
	err = s.store.Apply(c.write(),
		kv.Write{Key: chunkKey(keyChunk, c.Layer, index), Value: chunk.Proof},
		kv.Write{Key: chunkKey(keyIndex, c.Layer, index),
			Value: append(info.To[:], info.Hash[:]...)})
	if err != nil || !c.done {
		return true, err
	}
	s.open, s.view = nil, nil
	s.log.Info("snapshot", "layer", c.Layer, "root", c.Root.Short(), "chunks", c.Chunks)
	return true, s.tidy()
}

// next proves the next chunk, from the view of the chunk before if the head has not moved.
func (s *snapshots) next(c *cut) (statetree.Chunk, error) {
	if s.view != nil && s.left > 0 && s.view.Root() == statetree.Root(c.Root) {
		s.left--
		chunk, err := s.view.ProveRange(c.next, s.fill)
		if !errors.Is(err, statetree.ErrStale) {
			return chunk, err
		}
	}
	var err error
	if s.view, err = s.ledger.store.At(c.Layer); err != nil {
		return statetree.Chunk{}, err
	}
	s.left = viewChunks - 1
	return s.view.ProveRange(c.next, s.fill)
}

// tidy removes all but the newest finished snapshots.
func (s *snapshots) tidy() error {
	all, err := s.all()
	if err != nil {
		return err
	}
	for _, c := range all[:max(0, len(all)-keptSnapshots)] {
		if err := s.drop(c); err != nil {
			return err
		}
	}
	return nil
}

// drop removes a snapshot.
func (s *snapshots) drop(c *cut) error {
	if s.open == c {
		s.open, s.view = nil, nil
	}
	writes := []kv.Write{{Key: seqKey(keySnapshot, c.Layer), Delete: true}}
	for i := range c.Chunks {
		writes = append(writes, kv.Write{Key: chunkKey(keyChunk, c.Layer, i), Delete: true},
			kv.Write{Key: chunkKey(keyIndex, c.Layer, i), Delete: true})
	}
	return s.store.Apply(writes...)
}

// list returns the finished snapshots, newest first.
func (s *snapshots) list() ([]Snapshot, error) {
	all, err := s.all()
	if err != nil {
		return nil, err
	}
	var out []Snapshot
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].done {
			out = append(out, all[i].Snapshot)
		}
	}
	return out, nil
}

// index returns at most limit entries of the index of a snapshot; none when there is no such one.
func (s *snapshots) index(layer uint64, from uint32, limit int) (out []ChunkInfo, err error) {
	var failed error
	err = s.store.Range(chunkKey(keyIndex, layer, from), seqKey(keyIndex, layer+1),
		func(_, v []byte) bool {
			var c ChunkInfo
			if len(v) != len(c.To)+len(c.Hash) {
				failed = damaged("snapshot", errRecord)
				return false
			}
			copy(c.To[:], v)
			copy(c.Hash[:], v[len(c.To):])
			out = append(out, c)
			return len(out) < limit
		})
	return out, first(err, failed)
}

// chunk returns the proof of a chunk.
func (s *snapshots) chunk(layer uint64, index uint32) ([]byte, bool, error) {
	return s.store.Get(chunkKey(keyChunk, layer, index))
}
