package executor

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/statetree"
	"github.com/athenarollup/athena/rollup/stf"
)

const (
	// maxEvidence is the number of files about wrong claims that are kept; files about this
	// executor itself are always kept: it stops after one.
	maxEvidence = 64
	// evidenceDir is the folder within Config.Dir, evidenceExt the files' extension.
	evidenceDir, evidenceExt = "evidence", ".evidence"
)

// archive keeps evidence: one file each, in a folder beside the state.
type archive struct {
	fs     kv.FS
	dir    string // empty: nothing is written
	report func(*dispute.Evidence)
	log    *slog.Logger
}

func newArchive(cfg *Config) *archive {
	a := &archive{fs: cfg.FS, report: cfg.Report, log: cfg.Log}
	if a.fs == nil {
		a.fs = kv.Disk
	}
	if cfg.Dir != "" {
		a.dir = filepath.Join(cfg.Dir, evidenceDir)
	}
	return a
}

// keep reports evidence and writes it to a file. That the file cannot be written is logged: what the
// evidence is about matters more.
func (a *archive) keep(e *dispute.Evidence) {
	if a.report != nil {
		a.report(e)
	}
	if a.dir == "" {
		return
	}
	name := fmt.Sprintf("%s-%012d-%05d-%x%s", e.Kind, e.Header.Height, e.Step, e.Claimed[:4],
		evidenceExt)
	if e.Kind == dispute.KindClaim {
		if err := a.makeRoom(); err != nil {
			a.log.Error("evidence cannot be tidied up", "folder", a.dir, "error", err)
		}
	}
	if err := kv.WriteFile(a.fs, a.dir, name, e.Encode()); err != nil {
		a.log.Error("evidence cannot be written", "error", err)
		return
	}
	a.log.Warn("evidence written", "file", filepath.Join(a.dir, name),
		"next", "athena verify-step "+filepath.Join(a.dir, name))
}

// makeRoom removes the files about the oldest layers when there are too many.
func (a *archive) makeRoom() error {
	all, err := a.fs.List(a.dir)
	if err != nil {
		return nil //nolint:nilerr // there is no folder yet
	}
	all = slices.DeleteFunc(all, func(name string) bool {
		return !strings.HasPrefix(name, dispute.KindClaim.String()+"-") ||
			!strings.HasSuffix(name, evidenceExt)
	})
	slices.Sort(all)
	for _, name := range all[:max(0, len(all)-maxEvidence+1)] {
		if err := a.fs.Remove(a.fs.PathJoin(a.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// evidence returns what is known of a layer without executing it.
func (o *ordered) evidence(kind dispute.Kind, step int, message string) *dispute.Evidence {
	return &dispute.Evidence{
		Kind: kind, Message: message, ChainID: o.layer.ChainID, Params: *o.layer.Params,
		Header: *o.layer.Header, Source: o.source, Carry: *o.before, Step: uint32(step),
	}
}

// proof is a step that was executed again, with the witness that repeats it.
type proof struct {
	layer   *ordered
	step    int
	pre     rollup.Hash
	post    rollup.Hash
	witness []byte
}

// evidence returns the proof as evidence against a root.
func (p *proof) evidence(kind dispute.Kind, claimed rollup.Hash, message string) *dispute.Evidence {
	e := p.layer.evidence(kind, p.step, message)
	e.PreRoot, e.Own, e.Claimed, e.Witness = p.pre, p.post, claimed, p.witness
	return e
}

// maxProofs is the number of proofs that are remembered: several claims may lie about one step.
const maxProofs = 4

// proofs remembers the newest proofs.
type proofs struct {
	mu  sync.Mutex
	all []*proof
}

func (c *proofs) get(l1Hash rollup.Hash, step int) *proof {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.all {
		if p.layer.hash == l1Hash && p.step == step {
			return p
		}
	}
	return nil
}

func (c *proofs) put(p *proof) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, p)
	if len(c.all) > maxProofs {
		c.all = slices.Delete(c.all, 0, 1)
	}
}

// prove executes a step of an executed layer again and proves it. The error wraps errReplaying when
// the state before the layer is not known yet.
func (l *ledger) prove(ctx context.Context, layer uint64, step int, deep bool) (*proof, error) {
	rec, err := l.record(layer)
	if err != nil {
		return nil, err
	}
	if rec == nil || step < 0 || step >= len(rec.StepRoots) {
		return nil, fmt.Errorf("executor: no step %d in layer %d", step, layer)
	}
	if p := l.proofs.get(rec.L1Hash, step); p != nil {
		return p, nil
	}
	t, o, err := l.before(ctx, layer, deep)
	if err != nil {
		return nil, err
	}
	for i := range step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		res, err := l.engine.ApplyStep(stf.Backend(t), o.layer, i)
		if err != nil {
			return nil, fmt.Errorf("executor: repeat layer %d: %w", layer, err)
		}
		if err := stf.Commit(t, res.Changes); err != nil {
			return nil, fmt.Errorf("executor: repeat layer %d: %w", layer, err)
		}
	}
	p := &proof{layer: o, step: step, pre: rollup.Hash(t.Root())}
	if p.witness, p.post, err = dispute.Prove(l.engine, t, o.layer, step); err != nil {
		return nil, err
	}
	if own := rec.StepRoots[step]; p.post != own {
		return nil, fmt.Errorf("%w: step %d of layer %d gives root %x now and gave %x before; "+
			"the machine or this build is faulty", ErrSelf, step, layer, p.post, own)
	}
	l.proofs.put(p)
	return p, nil
}

// blame makes evidence of a step at which execution failed, from the state before its layer.
func blame(e *stf.Engine, t *statetree.Tree, o *ordered, bad *stepError) *dispute.Evidence {
	out := o.evidence(bad.kind, bad.step, bad.message)
	out.Own, out.Claimed, out.Differ = bad.own, bad.other, bad.differ
	var rec *statetree.Recorder
	func() {
		// The panic that is blamed comes again; what was touched until then is the witness.
		defer func() { _ = recover() }()
		for i := 0; i <= bad.step; i++ {
			if i == bad.step {
				rec = t.Record()
			}
			res, err := e.ApplyStep(stf.Backend(t), o.layer, i)
			if err != nil || stf.Commit(t, res.Changes) != nil {
				return
			}
		}
	}()
	if rec != nil {
		out.PreRoot = rollup.Hash(rec.Root())
		if w, err := rec.Witness(); err == nil {
			out.Witness = w
		}
	}
	return out
}
