package relay

import (
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Defaults of Config for values that are zero (docs/operate/relay.md).
const (
	DefaultBundleBytes     = 128 << 10
	DefaultBundleTxs       = 1_000
	DefaultBundleInterval  = time.Second
	DefaultMaxQueue        = 50_000
	DefaultMaxQueueBytes   = 64 << 20
	DefaultMaxPayerTxs     = 1_000
	DefaultMaxPayerBytes   = 4 << 20
	DefaultMaxNonceGap     = 16
	DefaultSimulateTimeout = 2 * time.Second
	DefaultSimulations     = 8
	DefaultMaxBid          = 64
	DefaultBumpAfter       = 3
	DefaultRetention       = 10_000
	DefaultMaxFinished     = 1_000_000
)

// Config is all that a relay needs. Zero values of the optional part mean the defaults above.
type Config struct {
	Genesis *rollup.Genesis
	Chain   l1.Chain
	Key     ed25519.PrivateKey // L1 account that pays for the bundles; used by nobody else
	Account address.Address    // Athena account that is credited
	Listen  string             // gRPC listen address; "" only with Clock: no server

	Executor string // gRPC address of an executor, for dry runs and receipts; "" = none
	Dir      string // durable queue; "" = memory only
	Log      *slog.Logger

	// Clock is virtual time: nothing runs on its own then, and the caller says with Step when to
	// look at L1 and at the queue. nil = the machine's clock, and loops that call Step's parts.
	Clock func() time.Time
	// ExecutorClient and Store replace the connection to Executor and the store in Dir. Close
	// closes Store.
	ExecutorClient athenav1.ExecutorServiceClient
	Store          Store

	BundleBytes    int           // post when what waits may be a bundle of so many bytes...
	BundleTxs      int           // ...or so many transactions...
	BundleInterval time.Duration // ...or the oldest has waited so long

	Policy  Policy
	Bidding Bidding

	MaxQueue      int    // transactions accepted and in no L1 block yet
	MaxQueueBytes int    // their bytes, as far as they are in no bundle yet
	Retention     uint64 // L1 blocks for which what became of a transaction stays known...
	MaxFinished   int    // ...and how many such transactions at most
}

// Policy is what a relay takes from whom. It is no rule of the protocol.
type Policy struct {
	MinTip         uint64 // refuse transactions that tip less
	RefuseUnpinned bool   // refuse transactions that another relay could carry, too

	// What one fee payer may have waiting for an L1 block: transactions, their bytes, and the sum of
	// their maxFee (0 = no limit). Exempt payers have no such limits.
	MaxPayerTxs   int
	MaxPayerBytes int
	MaxPayerFees  uint64
	Exempt        []address.Address

	// MaxNonceGap is how many nonces before an exact one may be missing: neither executed nor in this
	// relay's hands. Those may be on their way, here or past every relay; if not, the transaction has
	// no effect.
	MaxNonceGap uint64

	// With an executor, each transaction is dry-run before it is accepted, unless NoSimulation is
	// set: one that could have no effect would cost the relay its inclusion. An executor that does
	// not answer in time makes intake UNAVAILABLE, unless AcceptUnsimulated is set.
	NoSimulation      bool
	AcceptUnsimulated bool
	SimulateTimeout   time.Duration
	Simulations       int // at once
}

// Bidding is what a relay offers for a place in a layer beyond the inclusion price.
type Bidding struct {
	Bid       uint64 // price per unit of weight that a bundle starts with
	MaxBid    uint64 // and that it may be raised to; at least Bid
	BumpAfter uint64 // L1 blocks that the first bundle in line waits before its bid is raised
}

// Validate reports all that is wrong with c.
func (c *Config) Validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("relay: config: "+what))
		}
	}
	check(c.Genesis != nil, "Genesis is missing")
	check(c.Chain != nil, "Chain is missing")
	check(len(c.Key) == ed25519.PrivateKeySize, "Key is not an Ed25519 private key")
	check(!c.Account.IsZero(), "Account is the zero address: fees would be lost")
	check(c.Listen != "" || c.Clock != nil, "Listen is empty: use 127.0.0.1:0 for a free port")
	check(c.Executor == "" || c.ExecutorClient == nil, "Executor and ExecutorClient exclude each other")
	check(c.Dir == "" || c.Store == nil, "Dir and Store exclude each other")
	p := &c.Policy
	check(c.BundleBytes >= 0 && c.BundleTxs >= 0 && c.BundleInterval >= 0 && c.MaxQueue >= 0 &&
		c.MaxQueueBytes >= 0 && c.MaxFinished >= 0 && p.MaxPayerTxs >= 0 && p.MaxPayerBytes >= 0 &&
		p.SimulateTimeout >= 0 && p.Simulations >= 0, "limits must not be negative")
	check(c.Bidding.MaxBid == 0 || c.Bidding.MaxBid >= c.Bidding.Bid, "MaxBid is below Bid")
	return errors.Join(errs...)
}

// or puts a default in the place of a zero value.
func or[T comparable](value *T, otherwise T) {
	if *value == *new(T) {
		*value = otherwise
	}
}

func (c Config) withDefaults() Config {
	or(&c.BundleBytes, DefaultBundleBytes)
	or(&c.BundleTxs, DefaultBundleTxs)
	or(&c.BundleInterval, DefaultBundleInterval)
	or(&c.MaxQueue, DefaultMaxQueue)
	or(&c.MaxQueueBytes, DefaultMaxQueueBytes)
	or(&c.Retention, DefaultRetention)
	or(&c.MaxFinished, DefaultMaxFinished)
	or(&c.Policy.MaxPayerTxs, DefaultMaxPayerTxs)
	or(&c.Policy.MaxPayerBytes, DefaultMaxPayerBytes)
	or(&c.Policy.MaxNonceGap, DefaultMaxNonceGap)
	or(&c.Policy.SimulateTimeout, DefaultSimulateTimeout)
	or(&c.Policy.Simulations, DefaultSimulations)
	or(&c.Bidding.MaxBid, max(DefaultMaxBid, c.Bidding.Bid))
	or(&c.Bidding.BumpAfter, DefaultBumpAfter)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	// A bundle must fit the protocol's limits whatever the operator asked for.
	c.BundleBytes = min(c.BundleBytes, c.maxBody())
	c.BundleTxs = min(c.BundleTxs, int(c.Genesis.Params.MaxBundleTxs))
	return c
}

const (
	// bundleOverhead is more than an encoding adds to the body of a bundle.
	bundleOverhead = 256
	// lengthPrefix is what each transaction takes in a body beside its own bytes.
	lengthPrefix = 4
)

// maxBody is the largest body of a bundle that does not compress. One transaction may take all of
// it: BundleBytes says when to post, not what to refuse.
func (c *Config) maxBody() int {
	p := &c.Genesis.Params
	return min(int(p.MaxExpandedBytes), int(p.MaxBundleBytes)-bundleOverhead)
}

// maxTxBytes is the largest transaction that the relay takes.
func (c *Config) maxTxBytes() int {
	return min(int(c.Genesis.Params.MaxTxBytes), c.maxBody()-lengthPrefix)
}

// roomOf is what this relay's transactions of one layer may declare in all. It leaves what forced
// transactions, the calls of deposits and system items may take, so that no transaction is paid for on
// L1 and then dropped for lack of room by this relay's own doing. A valid set leaves MaxTx at least.
func roomOf(p *rollup.Params) metering.Units {
	room, forced, deposits := p.Layer, p.ForcedShare(), p.DepositShare()
	for d := range room {
		system := p.SystemItem[d] * (uint64(p.MaxDepositsPerLayer) + 2)
		room[d] -= min(room[d], forced[d]+deposits[d]+system)
		room[d] = max(room[d], p.MaxTx[d])
	}
	return room
}
