package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGeneratedFilesAreCurrent: go generate would change nothing.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	files, err := generate(filepath.Base(listFile))
	require.NoError(t, err)
	require.Len(t, files, 3)
	for name, want := range files { //lint:unordered independent files
		got, err := os.ReadFile(filepath.Join("..", name))
		require.NoError(t, err)
		require.True(t, string(want) == string(got), "%s: run go generate ./interpreter", name)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	fused, err := parse("# comment\n\naddi lw # another\nlw lw bne\n")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"addi", "lw"}, {"lw", "lw", "bne"}}, fused)
	for _, bad := range []string{"addi", "addi nonsense", "bne addi", "slow addi", "addi slow",
		"addi lw\naddi lw"} {
		_, err := parse(bad)
		require.Error(t, err, bad)
	}
}

// TestMerge: the most frequent neighbours are fused first, and what no longer occurs is not chosen.
func TestMerge(t *testing.T) {
	t.Parallel()
	line := func(weight float64, names ...string) sequence {
		s := sequence{weight: weight}
		for _, n := range names {
			s.parts = append(s.parts, []string{n})
		}
		return s
	}
	corpus := []sequence{
		line(5, "lui", "lw", "addi", "bne"),
		line(3, "lw", "addi", "jr"),
		line(1, "sw", "sw"),
	}
	require.Equal(t, []string{"lui lw addi", "lw addi"}, merge(corpus, 2))
}
