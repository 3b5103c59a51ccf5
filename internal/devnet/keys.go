package devnet

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/fixtures"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// DefaultSeed is the seed of the development network's keys.
const DefaultSeed = 1

// Accounts is the number of prefunded accounts.
const Accounts = 10

// Key is the key of a role of the development network: a pure function of the seed and the name.
func Key(seed uint64, role string) ed25519.PrivateKey {
	h := sha256.New()
	h.Write([]byte("athena/dev-key"))
	h.Write(binary.LittleEndian.AppendUint64(nil, seed))
	h.Write([]byte(role))
	return ed25519.NewKeyFromSeed(h.Sum(nil))
}

// WalletTemplate is the address of the wallet template that every development network starts with.
func WalletTemplate() address.Address {
	return address.OfTemplate(address.CodeHash(fixtures.Wallet()))
}

// Account is the i-th prefunded account, 0 <= i < Accounts.
func Account(seed uint64, i int) *wallet.Wallet {
	return &wallet.Wallet{Key: Key(seed, fmt.Sprintf("account %d", i)), Template: WalletTemplate()}
}
