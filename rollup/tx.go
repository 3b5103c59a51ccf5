package rollup

import (
	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/metering"
)

// Hash is a SHA-256 digest.
type Hash [32]byte

// TxVersion is the version byte of the only transaction format.
const TxVersion = 1

// NonceKind says how a transaction is protected against replay.
type NonceKind uint8

// The kinds of nonce. Exact is what every SDK uses unless told otherwise.
const (
	NonceExact     NonceKind = 0 // Value must equal the account's next nonce
	NonceAtLeast   NonceKind = 1 // Value >= next; then next = Value+1
	NonceUnordered NonceKind = 2 // Value is a salt; the seen set stops replay until ExpiryLayer
)

// Nonce is the replay protection of a transaction.
type Nonce struct {
	Kind  NonceKind
	Value uint64
}

// Spawn is the constructor part of a transaction whose principal is not spawned yet.
type Spawn struct {
	Template address.Address
	Args     []byte // SCALE arguments of athexp_spawn
}

// Call names one method of the principal itself.
type Call struct {
	Method [4]byte // selector: the first 4 bytes of BLAKE3("athexp_<name>")
	Args   []byte  // SCALE arguments
}

// AccessKey is a storage slot that a transaction announces: charged cold at the start, warm after.
type AccessKey struct {
	Account address.Address
	Slot    [32]byte
}

// Tx is a user's transaction. The calls run in order, all or nothing, under one nonce, one
// signature and one set of limits. See docs/spec/codec.md for the encoding, in field order:
//
//	version u8 ‖ chainID 32 ‖ principal 24 ‖ sponsor 24 (0 = none) ‖ nonce kind u8, value u64 ‖
//	Option<template 24, spawnArgs Vec<u8>> ‖ calls Vec<method 4, args Vec<u8>> ‖ maxFee u64 ‖
//	maxUnits 5×u64 ‖ relayTip u64 ‖ relay 24 (0 = any) ‖ expiryLayer u64 ‖
//	accessList Vec<account 24, slot 32> ‖ authLen u16 ‖ sponsorAuthLen u16 | auth ‖ sponsorAuth
//
// The part before the bar is the signed part.
type Tx struct {
	ChainID     Hash
	Principal   address.Address
	Sponsor     address.Address // pays the fees when not zero; never equal to Principal
	Nonce       Nonce
	Spawn       *Spawn
	Calls       []Call // 0..MaxCalls, 0 only with Spawn
	MaxFee      uint64
	MaxUnits    metering.Units
	RelayTip    uint64
	Relay       address.Address // the only relay that may bundle it; zero = any
	ExpiryLayer uint64          // last layer of validity, inclusive
	AccessList  []AccessKey
	Auth        []byte // what the principal's verify receives; its length is signed
	SponsorAuth []byte
}

// Role tells verify in which capacity an account is asked to authorise.
type Role uint8

// The roles of an account in a transaction.
const (
	RolePrincipal Role = 0
	RoleSponsor   Role = 1
)
