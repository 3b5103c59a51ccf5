package literal

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
)

func TestParseCall(t *testing.T) {
	t.Parallel()
	a := address.Address{23: 7}
	tests := []struct {
		in, method, args string // args in hex
		fails            bool
	}{
		{in: "get", method: "get"},
		{in: " get ( ) ", method: "get"},
		{in: "add(1)", method: "add", args: "0100000000000000"},
		{in: "add(1u8, 2u16, 3u32, 1_000u64)", method: "add", args: "01" + "0200" + "03000000" + "e803000000000000"},
		{in: "flag(true,false)", method: "flag", args: "0100"},
		{in: `say("a,\"b")`, method: "say", args: "10612c2262"},
		{in: "raw(0xdeadbeef)", method: "raw", args: "deadbeef"},
		{in: "to(" + a.String() + ")", method: "to", args: hex.EncodeToString(a[:])},
		{in: "", fails: true},
		{in: "(1)", fails: true},
		{in: "add(1", fails: true},
		{in: "add(256u8)", fails: true},
		{in: "add(1u7)", fails: true},
		{in: "add(1,,2)", fails: true},
		{in: "add(nobody)", fails: true},
		{in: `say("open)`, fails: true},
		{in: "raw(0xabc)", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			method, args, err := ParseCall(tt.in)
			if tt.fails {
				require.ErrorIs(t, err, ErrSyntax)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.method, method)
			require.Equal(t, tt.args, hex.EncodeToString(args))
		})
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add(`transfer(atest1qqq, 5u64, "x\"", 0xff, true)`)
	f.Add("a(")
	f.Fuzz(func(t *testing.T, s string) {
		if method, _, err := ParseCall(s); err == nil && method == "" {
			t.Fatal("accepted a call without a method")
		}
	})
}
