package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = ".."

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(b)
}

// files returns the paths of the repository's files with a suffix, built ones left out.
func files(t *testing.T, suffix string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && (name == ".git" || name == "target" || name == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, suffix):
			rel, err := filepath.Rel(root, path)
			all = append(all, rel)
			return err
		}
		return nil
	})
	require.NoError(t, err)
	return all
}

// pages returns the pages of the specification and the rationale.
func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, path := range files(t, ".md") {
		if strings.HasPrefix(path, "docs"+string(filepath.Separator)) {
			all = append(all, path)
		}
	}
	require.Greater(t, len(all), 10)
	return all
}

var delimiter = regexp.MustCompile(`^\|(---\|)+$`)

// rows returns the cells of all tables of a page whose header begins with the given columns, without
// the backquotes. There is at least one row.
func rows(t *testing.T, page string, columns ...string) [][]string {
	t.Helper()
	var out [][]string
	lines := strings.Split(read(t, page), "\n")
	for i := 1; i < len(lines); i++ {
		if !delimiter.MatchString(lines[i]) || !beginsWith(cells(lines[i-1]), columns) {
			continue
		}
		for i++; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
			out = append(out, cells(lines[i]))
		}
	}
	require.NotEmpty(t, out, "%s has no table %v", page, columns)
	return out
}

func beginsWith(header, columns []string) bool {
	if len(header) < len(columns) {
		return false
	}
	for i := range columns {
		if header[i] != columns[i] {
			return false
		}
	}
	return true
}

func cells(line string) []string {
	parts := strings.Split(strings.Trim(line, "|"), "|")
	for i := range parts {
		parts[i] = strings.ReplaceAll(strings.TrimSpace(parts[i]), "`", "")
	}
	return parts
}

// number reads the first word of a cell; digits may be grouped by underscores.
func number(t *testing.T, cell string) uint64 {
	t.Helper()
	word, _, _ := strings.Cut(cell, " ")
	n, err := strconv.ParseUint(word, 0, 64)
	require.NoError(t, err, "cell %q", cell)
	return n
}

// numbered returns a table of number and name as a map; no number is there twice.
func numbered(t *testing.T, table [][]string) map[uint64]string {
	t.Helper()
	out := map[uint64]string{}
	for _, row := range table {
		n := number(t, row[0])
		require.NotContains(t, out, n)
		out[n] = row[1]
	}
	return out
}

// named returns what name gives for the numbers below limit, without those that it gives a
// placeholder for.
func named(limit uint64, placeholder string, name func(uint64) string) map[uint64]string {
	out := map[uint64]string{}
	for n := range limit {
		if s := name(n); !strings.HasPrefix(s, placeholder) {
			out[n] = s
		}
	}
	return out
}
