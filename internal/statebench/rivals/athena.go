package main

import (
	"bytes"

	"github.com/athenarollup/athena/rollup/statetree"
)

// athena is Athena's own tree.
type athena struct {
	store statetree.Store
	head  *statetree.Tree
	layer uint64
}

func openAthena(dir string) (tree, error) {
	store, err := statetree.OpenPebble(dir, statetree.Options{})
	if err != nil {
		return nil, err
	}
	return newAthena(store)
}

func openAthenaMemory(string) (tree, error) {
	return newAthena(statetree.NewMemory(statetree.DefaultHistory))
}

func newAthena(store statetree.Store) (tree, error) {
	head, err := store.Tree()
	return &athena{store: store, head: head}, err
}

func (t *athena) Commit(updates []update) error {
	changes := make([]statetree.Change, len(updates))
	for i, u := range updates {
		changes[i] = statetree.Change{Key: u.key, Value: u.value}
	}
	if err := t.head.Apply(changes); err != nil {
		return err
	}
	if _, ok := t.store.Head(); !ok {
		return t.store.CommitGenesis(t.head, nil, nil)
	}
	t.layer++
	return t.store.Commit(t.layer, t.head, nil, nil)
}

func (t *athena) View() (view, error) { return athenaView{t.head}, nil }

func (t *athena) Close() error { return t.store.Close() }

type athenaView struct{ tree *statetree.Tree }

func (v athenaView) Get(key []byte) ([]byte, error) {
	value, _, err := v.tree.Get(statetree.Key(key))
	return value, err
}

func (v athenaView) Prove(updates []update) (*proof, error) {
	keys := make([]statetree.Key, len(updates))
	for i, u := range updates {
		keys[i] = u.key
	}
	root := v.tree.Root()
	b, err := v.tree.Prove(keys...)
	if err != nil {
		return nil, err
	}
	p := &proof{bytes: len(b) - keyAndValue*len(keys)}
	p.verify = func() error { return verifyWitness(root, b, updates) }
	if len(keys) == 1 {
		p.verify = func() error { return verifyOne(root, b, updates[0]) }
	}
	return p, nil
}

func verifyOne(root statetree.Root, b []byte, u update) error {
	value, ok, err := statetree.VerifyProof(root, b, u.key)
	if err == nil && (!ok || !bytes.Equal(value, u.value)) {
		err = errWrong
	}
	return err
}

func verifyWitness(root statetree.Root, b []byte, updates []update) error {
	tree, err := statetree.Parse(b, root, statetree.StepLimits(len(updates), len(b), 0))
	if err != nil {
		return err
	}
	for _, u := range updates {
		value, ok, err := tree.Get(u.key)
		if err != nil {
			return err
		}
		if !ok || !bytes.Equal(value, u.value) {
			return errWrong
		}
	}
	return nil
}
