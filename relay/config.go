package relay

import (
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Defaults of Config for values that are zero.
const (
	DefaultBundleBytes    = 128 << 10
	DefaultBundleTxs      = 1_000
	DefaultBundleInterval = time.Second
	DefaultMaxQueue       = 50_000
	DefaultMaxQueueBytes  = 64 << 20
)

// Config is all that a relay needs. Zero values of the optional part mean the defaults above.
type Config struct {
	Genesis *rollup.Genesis
	Chain   l1.Chain
	Key     ed25519.PrivateKey // L1 account that pays for the bundles; used by nobody else
	Account address.Address    // Athena account that is credited
	Listen  string             // gRPC listen address

	Executor       string        // gRPC address of an executor, for dry runs and receipts; "" = none
	Dir            string        // durable queue; "" = memory only
	MinTip         uint64        // refuse transactions that tip less
	BundleBytes    int           // post when so many bytes wait...
	BundleTxs      int           // ...or so many transactions...
	BundleInterval time.Duration // ...or the oldest has waited so long
	Bid            uint64        // price per unit of weight above the inclusion price
	MaxQueue       int           // transactions accepted and in no L1 block yet
	MaxQueueBytes  int           // their bytes, as far as they are in no bundle yet
	Log            *slog.Logger
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
	check(c.Listen != "", "Listen is empty: use 127.0.0.1:0 for a free port")
	check(c.BundleBytes >= 0 && c.BundleTxs >= 0 && c.BundleInterval >= 0 &&
		c.MaxQueue >= 0 && c.MaxQueueBytes >= 0, "limits must not be negative")
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	p := &c.Genesis.Params
	if c.BundleBytes == 0 {
		c.BundleBytes = DefaultBundleBytes
	}
	if c.BundleTxs == 0 {
		c.BundleTxs = DefaultBundleTxs
	}
	if c.BundleInterval == 0 {
		c.BundleInterval = DefaultBundleInterval
	}
	if c.MaxQueue == 0 {
		c.MaxQueue = DefaultMaxQueue
	}
	if c.MaxQueueBytes == 0 {
		c.MaxQueueBytes = DefaultMaxQueueBytes
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	// A bundle must fit the protocol's limits whatever the operator asked for.
	c.BundleBytes = min(c.BundleBytes, c.maxBody())
	c.BundleTxs = min(c.BundleTxs, int(p.MaxBundleTxs))
	return c
}

const (
	// bundleOverhead is more than an encoding adds to the body of a bundle.
	bundleOverhead = 256
	// lengthPrefix is what each transaction takes in a body beside its own bytes.
	lengthPrefix = 4
)

// maxBody is the largest body of a bundle. One transaction may take all of it: BundleBytes says when
// to post, not what to refuse.
func (c *Config) maxBody() int {
	p := &c.Genesis.Params
	return min(int(p.MaxExpandedBytes), int(p.MaxBundleBytes)-bundleOverhead)
}

// maxTxBytes is the largest transaction that the relay takes.
func (c *Config) maxTxBytes() int {
	return min(int(c.Genesis.Params.MaxTxBytes), c.maxBody()-lengthPrefix)
}

// room is what this relay's transactions of one layer may declare in all. It leaves what forced
// transactions and system items may take, so that no transaction is paid for on L1 and then dropped
// for lack of room by this relay's own doing.
func (c *Config) room() metering.Units {
	p := &c.Genesis.Params
	room, forced := p.Layer, p.ForcedShare()
	for d := range room {
		system := p.SystemItem[d] * uint64(p.MaxDepositsPerLayer+2)
		room[d] -= min(room[d], forced[d]+system)
		room[d] = max(room[d], p.MaxTx[d])
	}
	return room
}
