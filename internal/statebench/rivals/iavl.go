package main

import (
	"errors"

	"github.com/cosmos/iavl"
	"github.com/cosmos/iavl/db"
	ics23 "github.com/cosmos/ics23/go"
)

// iavlCache is the number of nodes in the Cosmos SDK's cache (iavl-cache-size of app.toml).
const iavlCache = 781_250

type iavlTree struct {
	db   *db.GoLevelDB
	tree *iavl.MutableTree
}

func openIAVL(dir string) (tree, error) {
	d, err := db.NewGoLevelDB("application", dir)
	if err != nil {
		return nil, err
	}
	t := iavl.NewMutableTree(d, iavlCache, false, iavl.NewNopLogger(), iavl.SyncOption(true))
	if _, err := t.Load(); err != nil {
		return nil, err
	}
	return &iavlTree{d, t}, nil
}

func (t *iavlTree) Commit(updates []update) error {
	for _, u := range updates {
		if _, err := t.tree.Set(u.key[:], u.value); err != nil {
			return err
		}
	}
	_, _, err := t.tree.SaveVersion()
	return err
}

func (t *iavlTree) View() (view, error) { return t, nil }

func (t *iavlTree) Get(key []byte) ([]byte, error) { return t.tree.Get(key) }

func (t *iavlTree) Prove(updates []update) (*proof, error) {
	root := t.tree.Hash()
	proofs := make([]*ics23.CommitmentProof, len(updates))
	var err error
	for i, u := range updates {
		if proofs[i], err = t.tree.GetMembershipProof(u.key[:]); err != nil {
			return nil, err
		}
	}
	if len(updates) == 1 {
		p := proofs[0]
		return &proof{bytes: p.Size() - keyAndValue, verify: func() error {
			u := updates[0]
			return right(ics23.VerifyMembership(ics23.IavlSpec, root, p, u.key[:], u.value))
		}}, nil
	}
	all, err := ics23.CombineProofs(proofs)
	if err != nil {
		return nil, err
	}
	all = ics23.Compress(all)
	return &proof{bytes: all.Size() - keyAndValue*len(updates), verify: func() error {
		items := make(map[string][]byte, len(updates))
		for _, u := range updates {
			items[string(u.key[:])] = u.value
		}
		return right(ics23.BatchVerifyMembership(ics23.IavlSpec, root, all, items))
	}}, nil
}

// right returns errWrong if a library said no without a reason.
func right(ok bool) error {
	if ok {
		return nil
	}
	return errWrong
}

func (t *iavlTree) Close() error {
	return errors.Join(t.tree.Close(), t.db.Close())
}
