package main

import (
	"bytes"
	"errors"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethdb"
	"github.com/ethereum/go-ethereum/ethdb/pebble"
	"github.com/ethereum/go-ethereum/trie"
	"github.com/ethereum/go-ethereum/trie/trienode"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/ethereum/go-ethereum/triedb/pathdb"
)

// The caches of geth on the main net, in MiB; pathdb takes no larger buffer than this.
const (
	gethDatabaseCache = 2048
	gethCleanCache    = 614
	gethBuffer        = 256
	gethFiles         = 1024
)

// gethTrie is the state trie of go-ethereum in the path scheme. Its keys are hashes already.
type gethTrie struct {
	disk   ethdb.Database
	nodes  *triedb.Database
	root   common.Hash
	block  uint64
	synced bool
}

// openGeth returns how to open a trie of which each commit is flushed and synced, or is not.
func openGeth(synced bool) func(string) (tree, error) {
	return func(dir string) (tree, error) {
		kv, err := pebble.New(dir, gethDatabaseCache, gethFiles, "", false)
		if err != nil {
			return nil, err
		}
		disk := rawdb.NewDatabase(kv)
		cfg := *pathdb.Defaults
		cfg.TrieCleanSize = gethCleanCache << 20
		cfg.WriteBufferSize = gethBuffer << 20
		cfg.SnapshotNoBuild = true
		cfg.NoAsyncFlush = synced
		nodes := triedb.NewDatabase(disk, &triedb.Config{PathDB: &cfg})
		return &gethTrie{disk: disk, nodes: nodes, root: types.EmptyRootHash, synced: synced}, nil
	}
}

func (t *gethTrie) trie() (*trie.Trie, error) {
	return trie.New(trie.StateTrieID(t.root), t.nodes)
}

func (t *gethTrie) Commit(updates []update) error {
	tr, err := t.trie()
	if err != nil {
		return err
	}
	keys, values := make([][]byte, len(updates)), make([][]byte, len(updates))
	for i, u := range updates {
		keys[i], values[i] = u.key[:], u.value
	}
	if err := tr.UpdateBatch(keys, values); err != nil {
		return err
	}
	root, set := tr.Commit(false)
	if set == nil {
		return nil
	}
	t.block++
	merged := trienode.NewWithNodeSet(set)
	err = t.nodes.Update(root, t.root, t.block, merged, triedb.NewStateSet())
	if err != nil {
		return err
	}
	t.root = root
	if !t.synced {
		return nil
	}
	return t.flush()
}

// flush writes what is in memory only.
func (t *gethTrie) flush() error {
	if err := t.nodes.Commit(t.root, false); err != nil {
		return err
	}
	return t.disk.SyncKeyValue()
}

// View returns the trie as a block sees it that begins: nothing of it is resolved yet.
func (t *gethTrie) View() (view, error) {
	tr, err := t.trie()
	return gethView{t.root, tr}, err
}

func (t *gethTrie) Close() error {
	var err error
	if !t.synced {
		err = t.flush()
	}
	return errors.Join(err, t.nodes.Close(), t.disk.Close())
}

type gethView struct {
	root common.Hash
	trie *trie.Trie
}

func (v gethView) Get(key []byte) ([]byte, error) { return v.trie.Get(key) }

func (v gethView) Prove(updates []update) (*proof, error) {
	set := trienode.NewProofSet()
	for _, u := range updates {
		if err := v.trie.Prove(u.key[:], set); err != nil {
			return nil, err
		}
	}
	return &proof{bytes: set.DataSize() - keyAndValue*len(updates), verify: func() error {
		for _, u := range updates {
			value, err := trie.VerifyProof(v.root, u.key[:], set)
			if err != nil {
				return err
			}
			if !bytes.Equal(value, u.value) {
				return errWrong
			}
		}
		return nil
	}}, nil
}
