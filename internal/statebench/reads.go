package statebench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/athenarollup/athena/rollup/statetree"
)

// turns are the times of equal turns. Other work on the computer makes some of them long, so the
// median counts.
type turns []time.Duration

// micros returns the microseconds of one of the n operations of a turn.
func (t turns) micros(n int) float64 {
	slices.Sort(t)
	return float64(t[len(t)/2].Nanoseconds()) / 1000 / float64(n)
}

func (r *run) pick(n int) []statetree.Key {
	keys := make([]statetree.Key, n)
	for i, c := range r.updates(n) {
		keys[i] = c.Key
	}
	return keys
}

// gets measures reads of the head.
func (r *run) gets() error {
	r.Progress("reads")
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	const rounds, each = 50, 1000
	var took turns
	for range rounds {
		keys := r.pick(each)
		start := time.Now()
		for _, k := range keys {
			if _, ok, err := tree.Get(k); err != nil || !ok {
				return errors.Join(err, errNotThere(ok))
			}
		}
		took = append(took, time.Since(start))
	}
	r.out.GetMicros = took.micros(each)
	return nil
}

func errNotThere(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("bench: a key of the state was not found: this is a bug")
}

// proofs measures proofs of one key.
func (r *run) proofs() error {
	r.Progress("proofs")
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	const rounds, each = 40, 50
	var bytes int
	var prove, verify turns
	for range rounds {
		keys, proofs := r.pick(each), make([][]byte, each)
		start := time.Now()
		for i, k := range keys {
			if proofs[i], err = tree.Prove(k); err != nil {
				return err
			}
			bytes += len(proofs[i])
		}
		prove = append(prove, time.Since(start))
		start = time.Now()
		for i, k := range keys {
			_, ok, err := statetree.VerifyProof(tree.Root(), proofs[i], k)
			if err != nil || !ok {
				return errors.Join(err, errNotThere(ok))
			}
		}
		verify = append(verify, time.Since(start))
	}
	r.out.ProofTotalBytes = float64(bytes) / (rounds * each)
	r.out.ProofBytes = r.out.ProofTotalBytes - keyAndValue
	r.out.ProveMicros, r.out.VerifyMicrosPerKey = prove.micros(each), verify.micros(each)
	return nil
}

// keyAndValue is the length of one key and one value, which sizes leave out.
const keyAndValue = 64

// witnesses measures witnesses of reading and writing some keys.
func (r *run) witnesses() error {
	r.Progress("witnesses")
	for _, w := range []struct {
		keys, rounds        int
		bytes, made, parsed *float64
	}{
		{10, 300, &r.out.Witness10Bytes, &r.out.WitnessMicros10, &r.out.Verify10MicrosPerKey},
		{100, 50, &r.out.Witness100Bytes, new(float64), new(float64)},
		{1000, 10, &r.out.Witness1000Bytes, &r.out.WitnessMicros1000, &r.out.Verify1000MicrosPerKey},
	} {
		if err := r.witness(w.keys, w.rounds, w.bytes, w.made, w.parsed); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) witness(n, rounds int, bytes, made, parsed *float64) error {
	tree, err := r.store.Tree()
	if err != nil {
		return err
	}
	var making, parsing turns
	for range rounds {
		changes := r.updates(n)
		start := time.Now()
		f := tree.Fork()
		rec := f.Record()
		for _, c := range changes {
			if _, _, err := f.Get(c.Key); err != nil {
				return err
			}
		}
		if err := f.Apply(changes); err != nil {
			return err
		}
		w, err := rec.Witness()
		if err != nil {
			return err
		}
		making = append(making, time.Since(start))
		*bytes += float64(len(w) - n*keyAndValue)
		start = time.Now()
		_, err = statetree.Parse(w, tree.Root(), statetree.StepLimits(n, len(w), 0))
		if err != nil {
			return err
		}
		parsing = append(parsing, time.Since(start))
	}
	*bytes /= float64(rounds)
	*made, *parsed = making.micros(1), parsing.micros(n)
	return nil
}

// crash measures opening a copy of the database as a crash would leave it: with the dirty pages
// lost.
func (r *run) crash() (err error) {
	if r.Backend != Pebble {
		return nil
	}
	r.Progress("opening after a crash")
	dir := filepath.Join(r.dir, "crashed")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := copyDatabase(dir, filepath.Join(r.dir, "state")); err != nil {
		return fmt.Errorf("bench: copy the database: %w", err)
	}
	start := time.Now()
	s, err := statetree.OpenPebble(dir, statetree.Options{
		History: r.History, CacheBytes: r.CacheBytes,
	})
	if err != nil {
		return err
	}
	r.out.RecoverMillis = float64(time.Since(start).Microseconds()) / 1000
	return s.Close()
}

// copyDatabase copies a database that is open but not written to. It may be compacting, so a copy
// counts only if the files were the same before and after.
func copyDatabase(to, from string) error {
	const attempts = 50
	var last error
	for range attempts {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		before, err := listing(from)
		if err != nil {
			return err
		}
		last = os.CopyFS(to, os.DirFS(from))
		after, err := listing(from)
		if err != nil {
			return err
		}
		if last == nil && slices.Equal(before, after) {
			return nil
		}
	}
	return errors.Join(errors.New("it did not stand still"), last)
}

// listing returns the names and lengths of the files in a folder.
func listing(dir string) (files []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, fmt.Sprint(info.Name(), " ", info.Size()))
	}
	return files, nil
}
