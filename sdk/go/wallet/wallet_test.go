package wallet

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/scale"
)

func TestCalls(t *testing.T) {
	t.Parallel()
	to := address.Address{0: 1, 23: 2}
	tests := []struct {
		name   string
		call   rollup.Call
		method string
		args   string
	}{
		{"spend", Spend(to, 0x0102), "spend", hex.EncodeToString(to[:]) + "0201000000000000"},
		{"deploy", Deploy([]byte{7, 8, 9}), "deploy", "0c" + "070809"},
		{"proxy", Proxy(to, "mint", []byte{5}, 3), "proxy", hex.EncodeToString(to[:]) +
			"01" + selector("mint") + "01" + "04" + "05" + "0300000000000000"},
		{"proxy without arguments", Proxy(to, "go", nil, 0), "proxy", hex.EncodeToString(to[:]) +
			"01" + selector("go") + "01" + "00" + "0000000000000000"},
	}
	for _, tt := range tests {
		require.Equal(t, rollup.Selector(tt.method), tt.call.Method, tt.name)
		require.Equal(t, tt.args, hex.EncodeToString(tt.call.Args), tt.name)
	}
}

func selector(method string) string {
	s := rollup.Selector(method)
	return hex.EncodeToString(s[:])
}

func TestSign(t *testing.T) {
	t.Parallel()
	seed := make([]byte, ed25519.SeedSize)
	w := &Wallet{Key: ed25519.NewKeyFromSeed(seed), Template: address.Address{3: 3}}
	public := []byte(w.Key.Public().(ed25519.PublicKey))
	require.Equal(t, address.OfSpawn(w.Template, public), w.Address())
	require.Equal(t, rollup.L1Address([32]byte(public)), w.L1Address())
	require.Equal(t, &rollup.Spawn{Template: w.Template, Args: public}, w.Spawn())

	tx := &rollup.Tx{Calls: []rollup.Call{Spend(address.Address{1}, 1)}, Spawn: w.Spawn()}
	w.Sign(tx)
	require.Equal(t, w.Address(), tx.Principal)
	require.True(t, ed25519.Verify(public, tx.SigningMessage(rollup.RolePrincipal), tx.Auth))
	tx.MaxFee++
	require.False(t, ed25519.Verify(public, tx.SigningMessage(rollup.RolePrincipal), tx.Auth))
	p := rollup.DefaultParams()
	got, _, err := rollup.DecodeTx(tx.Encode(), &p)
	require.NoError(t, err)
	require.Equal(t, tx.Hash(), got.Hash())
	d := scale.NewDecoder(tx.Calls[0].Args)
	require.Equal(t, address.Address{1}, address.Address(d.Raw(address.Size)))
}
