package executor

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/scale"
)

const (
	// peerTime is how long a peer may take for one answer.
	peerTime = 30 * time.Second
	// maxChunks is the number of chunks of the largest snapshot: a terabyte.
	maxChunks = 1 << 20
	// targetFile holds what a join has begun with, within Config.Dir.
	targetFile = "join"
)

// ErrNoSnapshot says that no peer has a snapshot that this node's L1 calls final.
var ErrNoSnapshot = errors.New("executor: no peer has a snapshot of a state that is final on L1")

// Join makes the state database of an executor from a snapshot, so that New begins at its layer. Root,
// claim and finality come from the executor's own L1; peers are asked for chunks alone, and each of
// these is verified before it is kept. A peer that is wrong or slow is not asked again.
//
// It does nothing if there is a state. What is there after an interruption is gone on with.
type Join struct {
	Config  Config // Dir, Genesis and Chain are required
	Peers   []Peer
	Timeout time.Duration // for one answer of a peer; 0 = 30 seconds

	target  *target
	restore *statetree.Restore
}

// target is the state that is joined at, as the own L1 describes it.
type target struct {
	layer uint64
	hash  rollup.Hash // of the L1 block
	root  rollup.Hash
	pre   rollup.Hash   // before the layer
	roots []rollup.Hash // after its steps
}

// Run joins.
func (j *Join) Run(ctx context.Context) error {
	j.Config = j.Config.withDefaults()
	if j.Timeout == 0 {
		j.Timeout = peerTime
	}
	if j.Config.Dir == "" || j.Config.Genesis == nil || j.Config.Chain == nil {
		return errors.New("executor: join: set Dir, Genesis and Chain")
	}
	begun, err := j.load()
	if err != nil {
		return err
	}
	there, err := j.there()
	switch {
	case err != nil:
		return err
	case there && begun != nil: // the end came between the last two writes of finish
		return j.forget()
	case there:
		return nil
	}
	return j.sync(ctx, begun)
}

// forget removes the note of what was begun.
func (j *Join) forget() error { return j.fs().Remove(filepath.Join(j.Config.Dir, targetFile)) }

func (j *Join) fs() kv.FS {
	if j.Config.FS != nil {
		return j.Config.FS
	}
	return kv.Disk
}

func (j *Join) stateDir() string { return filepath.Join(j.Config.Dir, "state") }

func (j *Join) options() statetree.Options {
	return statetree.Options{History: j.Config.History, FS: j.Config.FS,
		Log: func(m string) { j.Config.Log.Error("state database", "message", m) }}
}

// there reports whether there is a state already.
func (j *Join) there() (bool, error) {
	s, err := statetree.OpenPebble(j.stateDir(), j.options())
	if errors.Is(err, statetree.ErrRestoring) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("executor: join: %w", err)
	}
	_, ok := s.Head()
	return ok, s.Close()
}

// sync chooses a snapshot and restores it.
func (j *Join) sync(ctx context.Context, begun *target) error {
	offers, err := j.offers(ctx, begun)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if err := j.begin(o); err != nil {
			return err
		}
		if err := j.align(o); err != nil {
			return err
		}
		err := j.download(ctx, o)
		if err == nil {
			return j.finish(o)
		}
		if err := errors.Join(j.restore.Close(), ctx.Err()); err != nil {
			return err
		}
		j.Config.Log.Warn("snapshot failed", "layer", o.target.layer, "error", err)
	}
	return fmt.Errorf("%w; %d peers were asked. Wait for the next one, ask others, or derive the "+
		"state from L1", ErrNoSnapshot, len(j.Peers))
}

// begin notes what is going to be restored and opens the database for it.
func (j *Join) begin(o *offer) (err error) {
	j.target = o.target
	if err := kv.WriteFile(j.fs(), j.Config.Dir, targetFile, o.target.encode()); err != nil {
		return err
	}
	j.restore, err = statetree.OpenRestore(j.stateDir(), j.options(), statetree.Root(o.target.root))
	if err != nil {
		return fmt.Errorf("executor: join: %w", err)
	}
	from, _ := j.restore.Next()
	j.Config.Log.Info("joining", "layer", o.target.layer, "root", o.target.root.Short(),
		"chunks", len(o.index), "peers", len(o.peers), "from", from.String())
	return nil
}

// align begins anew if what is installed does not end where a chunk of the offer does: it came from
// peers that cut in another way, and that left.
func (j *Join) align(o *offer) error {
	from, more := j.restore.Next()
	if !more || beginsAt(o.index, from) >= 0 {
		return nil
	}
	j.Config.Log.Warn("restore begins anew: these peers cut in another way", "at", from.String())
	if err := errors.Join(j.restore.Close(), j.fs().RemoveAll(j.stateDir())); err != nil {
		return fmt.Errorf("executor: join: %w", err)
	}
	return j.begin(o)
}

// finish makes what was restored the state of an executor at the layer of the snapshot.
func (j *Join) finish(o *offer) error {
	t, id := o.target, j.Config.Genesis.ChainID()
	rec := &layerRecord{
		L1Hash: t.hash, Time: o.header.Time, PreRoot: t.pre, StepRoots: t.roots,
		Items: o.header.ItemCount,
	}
	for i := range t.roots {
		rec.Firsts = append(rec.Firsts, uint32(i))
	}
	m := meta{L1Hash: t.hash, Time: o.header.Time}
	store, err := j.restore.Finish(t.layer, m.encode(), []statetree.Aux{
		{Space: spaceGuard, Value: id[:]},
		{Space: spaceGuard, Key: keyBase, Value: heightKey(t.layer)},
		{Space: spaceGuard, Key: keyOldest, Value: heightKey(t.layer + 1)},
		{Space: spaceCarry, Key: heightKey(t.layer), Value: o.carry},
		{Space: spaceLayer, Key: heightKey(t.layer), Value: rec.encode()},
	})
	if err != nil {
		return errors.Join(fmt.Errorf("executor: join: %w", err), j.restore.Close())
	}
	j.Config.Log.Info("joined", "layer", t.layer, "root", t.root.Short())
	return errors.Join(store.Close(), j.forget())
}

func (t *target) encode() []byte {
	var e scale.Encoder
	e.U64(t.layer)
	e.Raw(t.hash[:])
	e.Raw(t.root[:])
	e.Raw(t.pre[:])
	e.Len(len(t.roots))
	for i := range t.roots {
		e.Raw(t.roots[i][:])
	}
	return e.B
}

// load returns what an interrupted join had begun with; nil if there was none.
func (j *Join) load() (*target, error) {
	b, err := kv.ReadFile(j.fs(), filepath.Join(j.Config.Dir, targetFile), maxStored)
	if kv.NotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := new(target)
	d := scale.NewDecoder(b)
	t.layer = d.U64()
	d.Fill(t.hash[:])
	d.Fill(t.root[:])
	d.Fill(t.pre[:])
	t.roots = make([]rollup.Hash, d.Len(len(b)/len(rollup.Hash{})))
	for i := range t.roots {
		d.Fill(t.roots[i][:])
	}
	return t, damaged("join", d.Finish())
}

// targetOf describes the state after a final claim; nil if the claim does not fit its L1 block.
func targetOf(c *rollup.Claim, h *rollup.Header) *target {
	n, steps := len(c.StepRoots), int(h.StepCount)
	if h.Hash() != c.L1BlockHash || steps == 0 || steps > n {
		return nil
	}
	t := &target{
		layer: c.ToLayer, hash: c.L1BlockHash, root: c.StepRoots[n-1], pre: c.PreRoot,
		roots: c.StepRoots[n-steps:],
	}
	if steps < n {
		t.pre = c.StepRoots[n-steps-1]
	}
	return t
}

// finalTargets returns the states that the own L1 calls final and that no reorganisation can undo,
// by layer.
func (j *Join) finalTargets(ctx context.Context, begun *target) (map[uint64]*target, error) {
	out := map[uint64]*target{}
	tip, err := j.Config.Chain.Tip(ctx)
	if err != nil {
		return nil, onChain("ask L1 for its tip", err)
	}
	p, err := j.Config.Chain.Params(ctx, tip.Height)
	if err != nil {
		return nil, onChain("ask L1 for its parameters", err)
	}
	claims, final, err := j.Config.Chain.Claims(ctx)
	if err != nil {
		return nil, onChain("ask L1 for its claims", err)
	}
	if begun != nil {
		out[begun.layer] = begun
	}
	for i := range claims {
		c := &claims[i].Claim
		if claims[i].Status != l1.ClaimFinal || c.ToLayer > final.Layer ||
			c.ToLayer+p.ReorgBound > tip.Height {
			continue
		}
		b, err := j.Config.Chain.Layer(ctx, c.ToLayer)
		if errors.Is(err, l1.ErrNoLayer) {
			continue
		}
		if err != nil {
			return nil, onChain("read an L1 block", err)
		}
		if t := targetOf(c, &b.Header); t != nil {
			out[c.ToLayer] = t
		}
	}
	return out, nil
}

// chunkHash is the hash of a chunk in an index.
func chunkHash(proof []byte) rollup.Hash { return sha256.Sum256(proof) }
