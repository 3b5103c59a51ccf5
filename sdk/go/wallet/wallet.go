// Package wallet builds and signs transactions of accounts of the wallet template: an account that one
// Ed25519 key owns. It is pure and links no virtual machine.
package wallet

import (
	"crypto/ed25519"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

// Wallet is a key together with the template that its account is an instance of.
type Wallet struct {
	Key      ed25519.PrivateKey
	Template address.Address
}

// Address is the account's address, whether it is spawned or not.
func (w *Wallet) Address() address.Address {
	return address.OfSpawn(w.Template, w.publicKey())
}

// L1Address is the L1 account of the same key.
func (w *Wallet) L1Address() address.Address {
	return rollup.L1Address([32]byte(w.publicKey()))
}

func (w *Wallet) publicKey() []byte { return w.Key.Public().(ed25519.PublicKey) }

// Spawn is the constructor part that a wallet's first transaction needs.
func (w *Wallet) Spawn() *rollup.Spawn {
	return &rollup.Spawn{Template: w.Template, Args: w.publicKey()}
}

// Sign completes tx as a transaction of this wallet: it sets the principal and the signature.
func (w *Wallet) Sign(tx *rollup.Tx) {
	tx.Principal = w.Address()
	tx.SignEd25519(w.Key)
}

// Spend is the call that sends amount to another account.
func Spend(to address.Address, amount uint64) rollup.Call {
	var e scale.Encoder
	e.Raw(to[:])
	e.U64(amount)
	return rollup.Call{Method: rollup.Selector("spend"), Args: e.B}
}

// Withdraw is the call that sends amount to an account of the L1 (docs/spec/bridge.md).
func Withdraw(to address.Address, amount uint64) rollup.Call {
	var e scale.Encoder
	e.Raw(to[:])
	e.U64(amount)
	return rollup.Call{Method: rollup.Selector("withdraw"), Args: e.B}
}

// Proxy is the call that makes the wallet call a method of another account, or of a template, with
// SCALE arguments and an amount.
func Proxy(to address.Address, method string, args []byte, amount uint64) rollup.Call {
	var e scale.Encoder
	selector := rollup.Selector(method)
	e.Raw(to[:])
	e.Bool(true)
	e.Raw(selector[:])
	e.Bool(true)
	e.Bytes(args)
	e.U64(amount)
	return rollup.Call{Method: rollup.Selector("proxy"), Args: e.B}
}

// Deploy is the call that stores a program as a template.
func Deploy(elf []byte) rollup.Call {
	var e scale.Encoder
	e.Bytes(elf)
	return rollup.Call{Method: rollup.Selector("deploy"), Args: e.B}
}
