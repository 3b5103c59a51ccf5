package abi

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
)

func TestValue(t *testing.T) {
	t.Parallel()
	zero := strings.Repeat("00", address.Size)
	for _, c := range []struct{ typ, hex, want string }{
		{"u8", "07", "7"}, {"u64", "f401000000000000", "500"}, {"i16", "feff", "-2"},
		{"u128", strings.Repeat("ff", 16), "340282366920938463463374607431768211455"},
		{"i128", strings.Repeat("ff", 16), "-1"},
		{"bool", "01", "true"}, {"String", "0c616263", `"abc"`}, {"Vec<u8>", "080102", "0x0102"},
		{"()", "", "()"}, {"Address", zero, "bob"}, {"[u8;2]", "0102", "0x0102"},
		{"[u16;2]", "01000200", "[1, 2]"}, {"Vec<u16>", "0801000200", "[1, 2]"},
		{"Option<u8>", "00", "None"}, {"Option<u8>", "0105", "Some(5)"}, {"(u8,bool)", "0500", "(5, false)"},
		{"Pair{a:u8,b:Option<(u8,u8)>}", "05010203", "Pair{a: 5, b: Some((2, 3))}"},
		{"Id(u8)", "05", "Id(5)"}, {"Unit", "", "Unit"},
		{"Poked<Counted(u64),Failed{code:u32,message:String},Idle>", "010500000004" + "61",
			`Failed{code: 5, message: "a"}`},
		{"Poked<Counted(u64),Idle>", "01", "Idle"},
	} {
		b, err := hex.DecodeString(c.hex)
		require.NoError(t, err)
		got, ok := Value(c.typ, b, func(address.Address) string { return "bob" })
		require.True(t, ok, c.typ)
		require.Equal(t, c.want, got, c.typ)
		_, ok = Value(c.typ, append(b, 0), nil)
		require.False(t, ok, "%s: a byte too many", c.typ)
		if len(b) > 0 {
			_, ok = Value(c.typ, b[:len(b)-1], nil)
			require.False(t, ok, "%s: a byte too few", c.typ)
		}
	}
	for _, typ := range []string{"", "u7", "Vec<", "(", "[u8]", "[u8;x]", "E<>", "E<A>)", "x:y"} {
		_, ok := Value(typ, []byte{9}, nil)
		require.False(t, ok, typ)
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	c, err := Parse([]byte(`{"abi":1,"name":"Token","methods":[{"name":"mint","selector":"e407e4cb",
		"args":[{"name":"to","type":"u8"},{"name":"n","type":"u8"}],"returns":"u64"}],"events":[{"name":"Mint",
		"topic":"` + strings.Repeat("0a", 32) + `","fields":[{"name":"to","type":"u8","indexed":true},
		{"name":"n","type":"u8"}]}]}`))
	require.NoError(t, err)
	m, ok := c.Method([4]byte{0xe4, 0x07, 0xe4, 0xcb})
	require.True(t, ok)
	require.Equal(t, "mint(to: u8, n: u8) -> u64", m.Signature())
	values, ok := Values(m.Args, []byte{1, 2}, nil)
	require.True(t, ok)
	require.Equal(t, []string{"1", "2"}, values)
	e, ok := c.Event([32]byte([]byte(strings.Repeat("\x0a", 32))))
	require.True(t, ok)
	require.Equal(t, "Mint(to: u8, n: u8)", e.Signature())
	text, ok := e.Show([][32]byte{{}, {5}}, []byte{6}, nil)
	require.True(t, ok)
	require.Equal(t, "Mint(5, 6)", text)
	_, ok = e.Show([][32]byte{{}}, []byte{6}, nil)
	require.False(t, ok, "the indexed field has no topic")
	_, ok = e.Show([][32]byte{{}, {5}, {6}}, []byte{6}, nil)
	require.False(t, ok, "a topic too many")

	none, err := Parse(nil)
	require.NoError(t, err)
	_, ok = none.Method([4]byte{})
	require.False(t, ok)
	_, err = Parse([]byte("{"))
	require.Error(t, err)
}

// FuzzValue: no type and no bytes, both of which anybody can write, harm the reader.
func FuzzValue(f *testing.F) {
	f.Add("Poked<Counted(u64),Failed{code:u32,message:String}>", []byte{1, 5, 0, 0, 0, 4, 'a'})
	f.Add("Vec<Vec<()>>", []byte{252, 1})
	f.Add("[[[u8;2];2];2]", make([]byte, 8))
	f.Add("((((((", []byte{})
	f.Fuzz(func(t *testing.T, typ string, b []byte) {
		text, ok := Value(typ, b, nil)
		if !ok {
			return
		}
		again, ok := Value(typ, b, nil)
		require.True(t, ok)
		require.Equal(t, text, again)
	})
}
