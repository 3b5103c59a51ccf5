package main

import (
	"bytes"
	"context"
	"errors"

	"github.com/ava-labs/avalanchego/database"
	"github.com/ava-labs/avalanchego/ids"
	"github.com/ava-labs/avalanchego/trace"
	"github.com/ava-labs/avalanchego/x/merkledb"
)

// merkleTree is avalanchego's MerkleDB.
type merkleTree struct {
	disk *avalancheDB
	db   merkledb.MerkleDB
}

// openMerkleDB returns how to open a tree with a history of some commits. The other sizes are those
// of HyperSDK's vm.NewConfig.
func openMerkleDB(history uint) func(string) (tree, error) {
	return func(dir string) (tree, error) {
		disk, err := openAvalancheDB(dir)
		if err != nil {
			return nil, err
		}
		db, err := merkledb.New(context.Background(), disk, merkledb.Config{
			BranchFactor:                merkledb.BranchFactor16,
			HistoryLength:               history,
			ValueNodeCacheSize:          2 << 30,
			IntermediateNodeCacheSize:   4 << 30,
			IntermediateWriteBufferSize: 32 << 20,
			IntermediateWriteBatchSize:  4 << 20,
			RootGenConcurrency:          0, // all processors, where HyperSDK takes one
			TraceLevel:                  merkledb.NoTrace,
			Tracer:                      trace.Noop,
		})
		return &merkleTree{disk, db}, err
	}
}

func (t *merkleTree) Commit(updates []update) error {
	ops := make([]database.BatchOp, len(updates))
	for i, u := range updates {
		ops[i] = database.BatchOp{Key: u.key[:], Value: u.value}
	}
	ctx := context.Background()
	v, err := t.db.NewView(ctx, merkledb.ViewChanges{BatchOps: ops, ConsumeBytes: true})
	if err != nil {
		return err
	}
	return v.CommitToDB(ctx)
}

func (t *merkleTree) View() (view, error) {
	root, err := t.db.GetMerkleRoot(context.Background())
	return merkleView{t.db, root}, err
}

func (t *merkleTree) Close() error { return errors.Join(t.db.Close(), t.disk.Close()) }

type merkleView struct {
	db   merkledb.MerkleDB
	root ids.ID
}

func (v merkleView) Get(key []byte) ([]byte, error) {
	return v.db.GetValue(context.Background(), key)
}

func (v merkleView) Prove(updates []update) (*proof, error) {
	ctx := context.Background()
	proofs := make([]*merkledb.Proof, len(updates))
	seen := map[merkledb.Key]bool{}
	var distinct []merkledb.ProofNode
	for i, u := range updates {
		p, err := v.db.GetProof(ctx, u.key[:])
		if err != nil {
			return nil, err
		}
		proofs[i] = p
		for _, node := range p.Path {
			if !seen[node.Key] {
				seen[node.Key] = true
				distinct = append(distinct, node)
			}
		}
	}
	b, err := merkledb.RangeProofMarshaler{}.Marshal(&merkledb.RangeProof{StartProof: distinct})
	if err != nil {
		return nil, err
	}
	return &proof{bytes: len(b) - keyAndValue*len(updates), verify: func() error {
		token := merkledb.BranchFactorToTokenSize[merkledb.BranchFactor16]
		for i, u := range updates {
			p := proofs[i]
			if !bytes.Equal(p.Key.Bytes(), u.key[:]) || !bytes.Equal(p.Value.Value(), u.value) {
				return errWrong
			}
			if err := p.Verify(ctx, v.root, token, merkledb.DefaultHasher); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}
