package stftest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// ErrLine is wrapped by the errors of ParseItem.
var ErrLine = errors.New("stftest: bad line")

// ParseItem returns the item that a line describes:
//
//	deposit bob 500                       a deposit
//	alice: spawn; spend bob 100 | option  a transaction with its calls
//	again                                 the item before, once more
//
// Calls: spawn (the account itself), spend TO AMOUNT, deploy PROGRAM, create NAME TEMPLATE ARG...
// (an account of a template, through its factory frame), call ACCOUNT METHOD ARG..., raw METHOD ARG...
// (a method of the wallet itself), keep NAME DEED ... (of a keeper, see keep). Arguments: 5 is a u64, @bob an address, "text" bytes.
//
// Options: nonce=exact:N|atleast:N|unordered:N, sponsor=NAME, fee=N, tip=N, expiry=N, compute=N,
// read=N, write=N, alloc=N, signer=NAME, badsig, shortsig, forced, expired, relay=NAME,
// access=NAME, spawnas=NAME, void (will be ineffective: the next line has the same nonce).
func (c *Chain) ParseItem(line string, nonceOf func(name string, void bool) uint64) (rollup.Item, error) {
	if line == "again" {
		return c.last, nil
	}
	if f := strings.Fields(line); len(f) == 3 && f[0] == "deposit" {
		amount, err := strconv.ParseUint(f[2], 10, 64)
		if err != nil {
			return rollup.Item{}, fmt.Errorf("%w: %q: %w", ErrLine, line, err)
		}
		id := sha256.Sum256(fmt.Append(nil, line, c.Height))
		d := rollup.DepositItem{ID: id, To: c.Address(f[1]), Amount: amount}
		return rollup.Item{Kind: rollup.ItemDeposit, Deposit: d}, nil
	}
	it, err := c.parseTx(line, nonceOf)
	if err != nil {
		return it, fmt.Errorf("%w: %q: %w", ErrLine, line, err)
	}
	c.last = it
	return it, nil
}

func (c *Chain) parseTx(line string, nonceOf func(name string, void bool) uint64) (rollup.Item, error) {
	who, rest, ok := strings.Cut(line, ":")
	if !ok {
		return rollup.Item{}, errors.New("no principal")
	}
	calls, opts, _ := strings.Cut(rest, "|")
	tx := &rollup.Tx{
		ChainID:     c.ChainID,
		Principal:   c.Address(who),
		MaxFee:      3_000_000,
		MaxUnits:    DefaultUnits(),
		RelayTip:    7,
		ExpiryLayer: c.Height + 10,
	}
	o := &options{chain: c, tx: tx, who: who, signer: who, spawnAs: who, relay: "relay"}
	if err := o.parse(strings.Fields(opts)); err != nil {
		return rollup.Item{}, err
	}
	if !o.nonce {
		tx.Nonce.Value = nonceOf(who, o.void)
	}
	for _, text := range strings.Split(calls, ";") {
		if err := c.parseCall(tx, o, strings.Fields(text)); err != nil {
			return rollup.Item{}, err
		}
	}
	return o.finish(), nil
}

// parseCall adds one call to a transaction.
func (c *Chain) parseCall(tx *rollup.Tx, o *options, f []string) error {
	if len(f) == 0 {
		return errors.New("empty call")
	}
	in, err := c.values(f[1:])
	if err != nil {
		return err
	}
	call := rollup.Call{Method: rollup.Selector(f[0])}
	switch f[0] {
	case "spawn":
		key := Key(o.spawnAs).Public().(ed25519.PublicKey)
		tx.Spawn = &rollup.Spawn{Template: WalletTemplate(), Args: key}
		return nil
	case "deploy":
		call.Args = args(program(f[1]))
	case "create":
		template := c.names["template:"+f[2]]
		blob := args(in[2:]...)
		c.names[f[1]] = address.OfSpawn(template, blob)
		call.Method = rollup.Selector("proxy")
		if f[2] == "keeper" {
			blob, c.names[f[1]] = newKeeper(in[2].(uint64))
		}
		call.Args = proxyArgs(template, "spawn", blob, 0)
	case "call":
		call.Method = rollup.Selector("proxy")
		call.Args = proxyArgs(c.Address(f[1]), f[2], args(in[2:]...), 0)
	case "keep":
		call.Method = rollup.Selector("proxy")
		if call.Args, err = c.keep(f[1:]); err != nil {
			return err
		}
	case "raw":
		call = rollup.Call{Method: rollup.Selector(f[1]), Args: args(in[1:]...)}
	case "spend":
		amount, err := strconv.ParseUint(f[2], 10, 64)
		if err != nil {
			return err
		}
		call.Args = args(c.Address(f[1]), amount)
	default:
		return fmt.Errorf("no call %q", f[0])
	}
	tx.Calls = append(tx.Calls, call)
	return nil
}

// proxyArgs are the arguments of the wallet's proxy.
func proxyArgs(to address.Address, method string, in []byte, amount uint64) []byte {
	var e scale.Encoder
	selector := rollup.Selector(method)
	e.Raw(to[:])
	e.U8(1)
	e.Raw(selector[:])
	e.U8(1)
	e.Bytes(in)
	e.U64(amount)
	return e.B
}

// values reads arguments; names that are no arguments stay strings.
func (c *Chain) values(in []string) ([]any, error) {
	var out []any
	for _, s := range in {
		switch {
		case strings.HasPrefix(s, "@"):
			out = append(out, c.Address(s[1:]))
		case strings.HasPrefix(s, `"`):
			out = append(out, []byte(strings.Trim(s, `"`)))
		case s[0] >= '0' && s[0] <= '9':
			v, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		default:
			out = append(out, s)
		}
	}
	return out, nil
}

// options are what a line says after the bar.
type options struct {
	chain                       *Chain
	tx                          *rollup.Tx
	who, signer, spawnAs, relay string
	sponsor                     string
	nonce, forced, expired      bool
	badSig, shortSig, void      bool
}

func (o *options) parse(fields []string) error {
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		if err := o.set(name, value); err != nil {
			return fmt.Errorf("option %q: %w", f, err)
		}
	}
	return nil
}

func (o *options) set(name, value string) error {
	switch name {
	case "sponsor":
		o.sponsor, o.tx.Sponsor = value, o.chain.Address(value)
	case "signer":
		o.signer = value
	case "spawnas":
		o.spawnAs = value
	case "relay":
		o.relay = value
	case "badsig":
		o.badSig = true
	case "shortsig":
		o.shortSig = true
	case "void":
		o.void = true
	case "forced":
		o.forced = true
	case "expired":
		o.expired = true
	case "access":
		key := rollup.AccessKey{Account: o.chain.Address(value), Slot: [32]byte{1}}
		o.tx.AccessList = append(o.tx.AccessList, key)
	case "nonce":
		return o.setNonce(value)
	default:
		return o.setNumber(name, value)
	}
	return nil
}

func (o *options) setNonce(value string) error {
	kind, number, _ := strings.Cut(value, ":")
	kinds := map[string]rollup.NonceKind{
		"exact":     rollup.NonceExact,
		"atleast":   rollup.NonceAtLeast,
		"unordered": rollup.NonceUnordered,
	}
	k, ok := kinds[kind]
	if !ok {
		return errors.New("no such kind")
	}
	v, err := strconv.ParseUint(number, 10, 64)
	o.tx.Nonce, o.nonce = rollup.Nonce{Kind: k, Value: v}, true
	return err
}

func (o *options) setNumber(name, value string) error {
	fields := map[string]*uint64{
		"fee":     &o.tx.MaxFee,
		"tip":     &o.tx.RelayTip,
		"expiry":  &o.tx.ExpiryLayer,
		"compute": &o.tx.MaxUnits[1],
		"read":    &o.tx.MaxUnits[2],
		"write":   &o.tx.MaxUnits[3],
		"alloc":   &o.tx.MaxUnits[4],
	}
	field, ok := fields[name]
	if !ok {
		return errors.New("no such option")
	}
	v, err := strconv.ParseUint(value, 10, 64)
	*field = v
	return err
}

// finish signs the transaction and wraps it.
func (o *options) finish() rollup.Item {
	Sign(o.tx, o.signer, o.sponsor)
	if o.badSig {
		o.tx.Auth[0] ^= 1
	}
	if o.shortSig {
		o.tx.Auth = o.tx.Auth[1:]
	}
	it := o.chain.Item(o.tx, o.chain.Address(o.relay))
	if o.forced {
		it.Kind, it.Relay, it.DataPrice, it.InclusionPrice = rollup.ItemForced, address.Zero, 0, 0
	}
	if o.expired {
		it.Expiry = o.tx.ExpiryLayer + 1
	}
	return it
}
