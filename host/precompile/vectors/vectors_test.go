package vectors

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := "# two cases\n\ncase a b\ncall f\nin 0102\nin -\nint 7\nout 32\n-> 1 ff00\n" +
		"\ncase c\ncall g\n-> 0\n"
	cases, err := Parse([]byte(text))
	require.NoError(t, err)
	require.Equal(t, []Case{
		{Name: "a b", Call: "f", Args: []Arg{InArg([]byte{1, 2}), InArg(nil), IntArg(7), OutArg(32)},
			T0: 1, Out: []byte{0xFF, 0}},
		{Name: "c", Call: "g"},
	}, cases)
	require.Equal(t, text, string(Format("two cases", cases)))
	for _, bad := range []string{
		"call f\n", "case a\ncase b\n-> 0\n", "case a\nin xy\n-> 0\n", "case a\nint -1\n-> 0\n",
		"case a\nout\n-> 0\n", "case a\n", "case a\n-> 0\n-> 0\n", "case a\n->\n", "case a\nwhat\n-> 0",
		"case a\n-> 0 f\n",
	} {
		_, err := Parse([]byte(bad))
		require.Error(t, err, bad)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("case a\ncall f\nin 01\nint 2\nout 3\n-> 1 00\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cases, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Format("", cases))
		require.NoError(t, err)
		require.Len(t, again, len(cases))
	})
}
