package docs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

const (
	maxColumns = 120
	specFolder = "docs/spec/"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pagePath     = regexp.MustCompile(`\bdocs/(?:[a-z]+/)*[A-Za-z0-9_-]+\.md\b`)
	section      = regexp.MustCompile(`\b(?:docs/spec/)?([a-z0-9]+\.md),\s+"([^"]+)"`)
	siblingPage  = regexp.MustCompile(`\b[a-z0-9]+\.md\b`)
	commentBreak = regexp.MustCompile(`\n[ \t]*//[ \t]?`)
	testName     = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
	testFunc     = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	quotedPath   = regexp.MustCompile("`([a-z]+/[A-Za-z0-9_./-]+)`")
	limitName    = regexp.MustCompile(`\b(?:Max|Min)[A-Z]\w+`)
	gameNames    = regexp.MustCompile("(?s)`TestGame`: ((?:`[a-z_]+`,?\\s*)+)")
)

func requireFile(t *testing.T, path, from string) {
	t.Helper()
	_, err := os.Stat(filepath.Join(root, path))
	require.NoError(t, err, "%s mentions %s", from, path)
}

// TestLinks: every relative link of a Markdown file leads to a file.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, path := range files(t, ".md") {
		for _, m := range markdownLink.FindAllStringSubmatch(read(t, path), -1) {
			target, _, _ := strings.Cut(m[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			requireFile(t, filepath.Join(filepath.Dir(path), target), path)
		}
	}
}

// TestReferences: every page that source, definitions or documents name exists, and so does every
// section that is named with it.
func TestReferences(t *testing.T) {
	t.Parallel()
	var all []string
	for _, suffix := range []string{".go", ".md", ".proto", ".rs"} {
		all = append(all, files(t, suffix)...)
	}
	for _, path := range all {
		text := commentBreak.ReplaceAllString(read(t, path), " ")
		for _, page := range pagePath.FindAllString(text, -1) {
			requireFile(t, page, path)
		}
		for _, m := range section.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(path, filepath.FromSlash(specFolder)) &&
				!strings.Contains(m[0], specFolder) {
				continue
			}
			require.Regexp(t, `(?m)^##+ `+regexp.QuoteMeta(m[2])+`$`, read(t, specFolder+m[1]),
				"%s names a section of %s", path, m[1])
		}
	}
}

// TestSiblings: pages of the specification name each other by file name.
func TestSiblings(t *testing.T) {
	t.Parallel()
	for _, path := range pages(t) {
		if filepath.Base(path) == "README.md" || !strings.Contains(path, "spec") {
			continue
		}
		for _, page := range siblingPage.FindAllString(read(t, path), -1) {
			requireFile(t, specFolder+page, path)
		}
		require.Contains(t, read(t, specFolder+"README.md"), "("+filepath.Base(path)+")",
			"the index lacks %s", path)
	}
}

// TestNamesOfTests: every test, folder and parameter that the pages name exists.
func TestNamesOfTests(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	for _, path := range files(t, "_test.go") {
		for _, m := range testFunc.FindAllStringSubmatch(read(t, path), -1) {
			tests[m[1]] = true
		}
	}
	params := reflect.TypeFor[rollup.Params]()
	for _, path := range pages(t) {
		text := read(t, path)
		for _, name := range testName.FindAllString(text, -1) {
			require.True(t, tests[name], "%s names %s: there is no such test", path, name)
		}
		for _, m := range quotedPath.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, strings.SplitN(m[1], "/", 2)[0])); err == nil {
				requireFile(t, m[1], path)
			}
		}
		for _, name := range limitName.FindAllString(text, -1) {
			if strings.Contains(path, "operate") {
				continue // names what an operator sets: see the tests of the daemons
			}
			_, ok := params.FieldByName(name)
			require.True(t, ok, "%s names %s: there is no such parameter", path, name)
		}
		for _, m := range gameNames.FindAllStringSubmatch(text, -1) {
			for _, name := range strings.Fields(strings.NewReplacer("`", "", ",", "").Replace(m[1])) {
				requireFile(t, "rollup/l1/testdata/game/"+name+".txt", path)
			}
		}
	}
}

// TestWidth: a page is readable without wrapping.
func TestWidth(t *testing.T) {
	t.Parallel()
	for _, path := range pages(t) {
		for i, line := range strings.Split(read(t, path), "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), maxColumns, "%s:%d", path, i+1)
		}
	}
}
