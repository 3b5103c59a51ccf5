package relay

import (
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// Defaults of Config for values that are zero.
const (
	DefaultBundleBytes    = 128 << 10
	DefaultBundleTxs      = 1_000
	DefaultBundleInterval = time.Second
	DefaultMaxQueue       = 50_000
)

// Config is all that a relay needs. Zero values of the optional part mean the defaults above.
type Config struct {
	Genesis *rollup.Genesis
	Chain   l1.Chain
	Key     ed25519.PrivateKey // L1 account that pays for the bundles
	Account address.Address    // Athena account that is credited
	Listen  string             // gRPC listen address

	Executor       string        // gRPC address of an executor, for dry runs and receipts; "" = none
	Dir            string        // durable queue; "" = memory only
	MinTip         uint64        // refuse transactions that tip less
	BundleBytes    int           // post when so many bytes wait...
	BundleTxs      int           // ...or so many transactions...
	BundleInterval time.Duration // ...or the oldest has waited so long
	Bid            uint64        // price per unit of weight above the inclusion price
	MaxQueue       int           // transactions accepted and not yet ordered
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
	check(c.BundleBytes >= 0 && c.BundleTxs >= 0 && c.MaxQueue >= 0 && c.BundleInterval >= 0,
		"limits must not be negative")
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
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
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	// A bundle must fit the protocol's limits whatever the operator asked for.
	p := &c.Genesis.Params
	c.BundleBytes = min(c.BundleBytes, int(p.MaxExpandedBytes), int(p.MaxBundleBytes)-bundleOverhead)
	c.BundleTxs = min(c.BundleTxs, int(p.MaxBundleTxs))
	return c
}

// bundleOverhead is more than a bundle's encoding adds to its body.
const bundleOverhead = 256
