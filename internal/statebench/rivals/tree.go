package main

import (
	"errors"

	"github.com/athenarollup/athena/internal/statebench"
	"github.com/athenarollup/athena/rollup/statetree"
)

// update sets the value of a key.
type update struct {
	key   statetree.Key
	value []byte
}

// tree is one measured state. It is used by one goroutine.
type tree interface {
	// Commit makes the updates the next version, durable as the project does it.
	Commit(updates []update) error
	// View returns the newest version; the next Commit ends it.
	View() (view, error)
	Close() error
}

// view is one version of a tree.
type view interface {
	Get(key []byte) ([]byte, error)
	// Prove returns one proof of the values of the keys. It may keep the slice.
	Prove(updates []update) (*proof, error)
}

// proof is a proof of the values of some keys.
type proof struct {
	// bytes is its length without those keys and values.
	bytes int
	// verify checks it against the root, the keys and the values.
	verify func() error
}

// keyAndValue is the length of a key and a value, which sizes leave out.
const keyAndValue = 64

var (
	errNoProofs = errors.New("rivals: there are no proofs")
	errWrong    = errors.New("rivals: a proof does not show the value that was written")
)

// kind is one of the trees that can be measured.
type kind struct {
	name string
	// module is the path of the project's module, for its version.
	module string
	what   string
	// loadBatch is the number of keys in a commit while loading.
	loadBatch int
	open      func(dir string) (tree, error)
}

const loadBatch = 50_000

// kinds are all of them, in the order of the table.
var kinds = []kind{
	{"athena", "", "statetree on Pebble, history 256", loadBatch, openAthena},
	{"athena-memory", "", "statetree in memory, history 256", loadBatch, openAthenaMemory},
	{"merkledb", avalancheModule, "x/merkledb on Pebble, history 256", loadBatch, openMerkleDB(256)},
	{"merkledb-1", avalancheModule, "x/merkledb on Pebble, history 1", loadBatch, openMerkleDB(1)},
	{"geth", gethModule, "trie, path scheme, Pebble, buffered", loadBatch, openGeth(false)},
	{"geth-synced", gethModule, "the same, each commit flushed", loadBatch, openGeth(true)},
	{"iavl", "github.com/cosmos/iavl", "iavl on goleveldb, all versions", loadBatch, openIAVL},
	{"smt", "github.com/pokt-network/smt", "smt in memory, no history", loadBatch, openSMT},
	{"pebble", pebbleModule, "Pebble alone, no tree", 1000, openPebble},
}

const (
	avalancheModule = "github.com/ava-labs/avalanchego"
	gethModule      = "github.com/ethereum/go-ethereum"
	pebbleModule    = "github.com/cockroachdb/pebble/v2"
)

// kindOf returns the kind with a name, nil if there is none.
func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// nth returns the update that sets the i-th key to the v-th value.
func nth(i int, v uint64) update {
	return update{statebench.Key(i), statebench.Value(v)}
}
