package main

import (
	"crypto/sha256"

	"github.com/pokt-network/smt"
	"github.com/pokt-network/smt/kvstore/simplemap"
)

// smtTree is the sparse Merkle tree of the Pocket Network in its map in memory.
type smtTree struct{ trie *smt.SMT }

func openSMT(string) (tree, error) {
	return smtTree{smt.NewSparseMerkleTrie(simplemap.NewSimpleMap(), sha256.New(),
		smt.WithValueHasher(nil))}, nil
}

func (t smtTree) Commit(updates []update) error {
	for _, u := range updates {
		if err := t.trie.Update(u.key[:], u.value); err != nil {
			return err
		}
	}
	return t.trie.Commit()
}

func (t smtTree) View() (view, error) { return t, nil }

func (t smtTree) Get(key []byte) ([]byte, error) { return t.trie.Get(key) }

func (t smtTree) Prove(updates []update) (*proof, error) {
	root, spec := t.trie.Root(), t.trie.Spec()
	all, length := make([]*smt.SparseCompactMerkleProof, len(updates)), 0
	for i, u := range updates {
		p, err := t.trie.Prove(u.key[:])
		if err != nil {
			return nil, err
		}
		if all[i], err = smt.CompactProof(p, spec); err != nil {
			return nil, err
		}
		length += len(all[i].SideNodes)*sha256.Size + len(all[i].BitMask)
	}
	return &proof{bytes: length, verify: func() error {
		for i, u := range updates {
			ok, err := smt.VerifyCompactProof(all[i], root, u.key[:], u.value, spec)
			if err != nil {
				return err
			}
			if !ok {
				return errWrong
			}
		}
		return nil
	}}, nil
}

func (t smtTree) Close() error { return nil }
