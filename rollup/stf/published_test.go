package stf_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/riscv/asm"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/stf"
	"github.com/athenarollup/athena/rollup/stf/stftest"
	"github.com/athenarollup/athena/scale"
	"github.com/athenarollup/athena/trap"
)

// publishedWallet is the wallet of the published convention (docs/spec/abi.md).
func publishedWallet(t *testing.T) []byte {
	source, err := os.ReadFile("../../fixtures/contracts/published/wallet.s")
	require.NoError(t, err)
	o, err := asm.Assemble(string(source), asm.DefaultBase)
	require.NoError(t, err)
	code := o.ELF(asm.ELFOptions{})
	binary.LittleEndian.PutUint32(code[36:], 8) // EF_RISCV_RVE
	return code
}

// TestPublishedWallet is the life of an account of a published template: deployed by somebody,
// spawned by its own first transaction, which it verifies, and then used by signed ones.
func TestPublishedWallet(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	code := publishedWallet(t)
	template := address.OfTemplate(address.CodeHash(code))
	key := stftest.Key("erin").Public().(ed25519.PublicKey)
	erin := address.OfSpawn(template, key)

	send := func(tx *rollup.Tx, signer string) rollup.Receipt {
		h, err := stf.Account(c.Tree, tx.Principal)
		require.NoError(t, err)
		tx.ChainID, tx.Nonce.Value = c.ChainID, h.Nonce
		tx.MaxFee, tx.MaxUnits, tx.ExpiryLayer = 3_000_000, stftest.DefaultUnits(), c.Height+10
		stftest.Sign(tx, signer, "")
		out, err := c.Apply(c.Layer([]rollup.Item{c.Item(tx, c.Address("relay"))}, 1), nil)
		require.NoError(t, err)
		return out.Receipts()[1]
	}
	call := func(method string, args []byte) rollup.Call {
		return rollup.Call{Method: rollup.Selector(method), Args: args}
	}
	balance := func(a address.Address) uint64 {
		h, err := stf.Account(c.Tree, a)
		require.NoError(t, err)
		return h.Balance
	}

	var deploy scale.Encoder
	deploy.Bytes(code)
	alice := c.Address("alice")
	r := send(&rollup.Tx{Principal: alice, Calls: []rollup.Call{call("deploy", deploy.B)}}, "alice")
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome, trap.Code(r.Trap).String())
	var pay scale.Encoder
	pay.Raw(erin[:])
	pay.U64(50_000_000)
	r = send(&rollup.Tx{Principal: alice, Calls: []rollup.Call{call("spend", pay.B)}}, "alice")
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome, trap.Code(r.Trap).String())

	// The first transaction spawns and spends at once.
	bob := c.Address("bob")
	before := balance(bob)
	var spend scale.Encoder
	spend.Raw(bob[:])
	spend.U64(7)
	spawn := &rollup.Spawn{Template: template, Args: key}
	r = send(&rollup.Tx{Principal: erin, Spawn: spawn, Calls: []rollup.Call{call("spend", spend.B)}},
		"erin")
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome, trap.Code(r.Trap).String())
	require.Equal(t, before+7, balance(bob))

	// Another's signature is no authorisation, and costs erin nothing.
	had := balance(erin)
	r = send(&rollup.Tx{Principal: erin, Calls: []rollup.Call{call("spend", spend.B)}}, "bob")
	require.Equal(t, rollup.OutcomeIneffective, r.Outcome)
	require.Equal(t, before+7, balance(bob))
	require.Equal(t, had, balance(erin))

	// A transfer through proxy, and a deployment, in one transaction.
	var proxy scale.Encoder
	proxy.Raw(bob[:])
	proxy.Raw([]byte{0, 0}) // no method, no arguments
	proxy.U64(5)
	r = send(&rollup.Tx{Principal: erin, Calls: []rollup.Call{
		call("proxy", proxy.B), call("deploy", deploy.B), call("spend", spend.B),
	}}, "erin")
	require.Equal(t, rollup.OutcomeSuccess, r.Outcome, trap.Code(r.Trap).String())
	require.Equal(t, before+19, balance(bob))
}
