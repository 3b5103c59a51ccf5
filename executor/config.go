package executor

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/internal/kv"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/dispute"
	"github.com/athenarollup/athena/rollup/l1"
	"github.com/athenarollup/athena/rollup/stf"
)

// DefaultRecords is the number of layers whose receipts stay when no other number is asked for.
const DefaultRecords = 100_000

// Config says what an executor does. Genesis and Chain are required, Key when it claims or
// challenges.
type Config struct {
	Genesis *rollup.Genesis
	Chain   l1.Chain
	Dir     string             // folder of state and outbox; empty = memory, gone at the end
	FS      kv.FS              // file system of Dir; nil = the disk
	Key     ed25519.PrivateKey // L1 account that bonds and pays; used by nobody else
	Reward  address.Address    // Athena account that earns the fee pools of claims

	Claim      bool // post claims
	Challenge  bool // challenge wrong claims
	ClaimEvery int  // fewest layers worth a claim; 0 = 1
	// SelfValidate executes every step once more, from its own witness, before its layer counts. It
	// finds what a challenge would lose by. Without Claim and Challenge the executor is a shadow: it
	// executes and compares, and posts nothing.
	SelfValidate bool

	History int // layers that can be undone and proven; 0 = statetree.DefaultHistory
	Records int // layers whose receipts stay; 0 = DefaultRecords
	// SnapshotEvery is the number of layers between two snapshots that are cut for others; 0 = none.
	SnapshotEvery int
	SnapshotChunk int    // bytes of a chunk, at most; 0 = just below MaxChunkBytes
	Listen        string // address of the gRPC API; empty = no API

	// Report is called with evidence of every disagreement, which is also written to a file in Dir;
	// nil = nobody. It is called from within Step.
	Report func(*dispute.Evidence)

	Log    *slog.Logger // nil = silent
	Engine *stf.Engine  // shared cache of decoded programs; nil = an own one

	// Tamper makes a liar for the development network and for tests: the roots that it claims for a
	// layer instead of the true ones. It must be a pure function. nil = honest. It never touches the
	// executor's own state.
	Tamper func(layer uint64, roots []rollup.Hash) []rollup.Hash
}

// Validate returns everything that is wrong with the configuration.
func (c Config) Validate() error {
	var all []error
	bad := func(format string, args ...any) {
		all = append(all, fmt.Errorf("executor: "+format, args...))
	}
	if c.Genesis == nil {
		bad("no genesis: set Genesis to that of the network")
	}
	if c.Chain == nil {
		bad("no L1: set Chain")
	}
	if (c.Claim || c.Challenge) && len(c.Key) != ed25519.PrivateKeySize {
		bad("claims and challenges need an L1 account: set Key, or turn both off")
	}
	if c.Claim && c.Reward.IsZero() {
		bad("claims would earn their fees for nobody: set Reward to an Athena account")
	}
	if c.ClaimEvery < 0 {
		bad("ClaimEvery is %d; set it to 1 or more", c.ClaimEvery)
	}
	if c.History < 0 {
		bad("History is %d; set it to 0 for the default or to a number of layers", c.History)
	}
	if c.SnapshotEvery < 0 {
		bad("SnapshotEvery is %d; set it to 0 for none or to a number of layers", c.SnapshotEvery)
	}
	if c.SnapshotChunk < 0 || c.SnapshotChunk > chunkFill {
		bad("SnapshotChunk is %d; set it to 0 for the default or to at most %d bytes",
			c.SnapshotChunk, chunkFill)
	}
	if c.Records < 0 {
		bad("Records is %d; set it to 0 for the default or to a number of layers", c.Records)
	}
	if c.Genesis != nil {
		all = append(all, c.checkParams()...)
	}
	return errors.Join(all...)
}

// checkParams compares the configuration with what the network demands.
func (c Config) checkParams() (all []error) {
	p := &c.Genesis.Params
	if c.ClaimEvery > int(p.MaxLayersPerClaim) {
		all = append(all, fmt.Errorf("executor: ClaimEvery is %d; this network allows %d layers a claim",
			c.ClaimEvery, p.MaxLayersPerClaim))
	}
	least := p.ReorgBound + p.ChallengeWindow
	if c.History > 0 && uint64(c.History) < least {
		all = append(all, fmt.Errorf("executor: History is %d; this network needs %d layers, "+
			"its reorganisation bound and challenge window", c.History, least))
	}
	return all
}

func (c Config) withDefaults() Config {
	if c.ClaimEvery == 0 {
		c.ClaimEvery = 1
	}
	if c.Records == 0 {
		c.Records = DefaultRecords
	}
	if c.SnapshotChunk == 0 {
		c.SnapshotChunk = chunkFill
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Engine == nil {
		c.Engine = stf.New()
	}
	return c
}

// records opens a store of the executor's own records.
func (c *Config) records(name string) (*kv.Store, error) {
	if c.Dir == "" {
		return kv.Open("")
	}
	return kv.OpenOn(c.FS, filepath.Join(c.Dir, name))
}
