package vectorfile

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	all, err := Parse([]byte("# a comment\n\na: 1\na: 2\nb: \n\n# more\nc: 00ff\n"))
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, []string{"1", "2"}, all[0].All("a"))
	require.Equal(t, "", all[0].Get(t, "b"))
	require.Equal(t, []string{"a", "a", "b"}, all[0].Keys())
	require.Equal(t, []byte{0, 0xff}, all[1].Hex(t, "c"))
	require.Equal(t, "a: 1\na: 2\nb: \n", all[0].String())
	_, err = Parse([]byte("a line\n"))
	require.ErrorContains(t, err, "has no key")
}

// FuzzParse: what is read is written as it was read.
func FuzzParse(f *testing.F) {
	f.Add([]byte("a: 1\nb: 2\n\nc: 3\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := Parse(text)
		if err != nil {
			return
		}
		var out []byte
		for _, b := range all {
			out = append(out, b.String()+"\n"...)
		}
		again, err := Parse(out)
		require.NoError(t, err)
		require.Equal(t, all, again)
	})
}
