package docs

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// findings is the number of findings of the design's review.
const findings = 50

var (
	findingEntry = regexp.MustCompile(`(?ms)^- \*\*\[(\d+)\]\*\* (.*?)(?:\n- |\n\n)`)
	findingTag   = regexp.MustCompile(`(?:^|[\s(])\[(\d{1,2}(?:, \d{1,2})*)\]`)
	transcripts  = regexp.MustCompile("`(Test[A-Z]\\w*)` \\(((?:`[a-z0-9_]+`(?:,\\s+)?)+)\\)")
	quotedWord   = regexp.MustCompile("`([a-z0-9_]+)`")
)

// tagged returns the findings that the comments of a test or transcript name.
func tagged(text, comment string) (out []int) {
	for line := range strings.Lines(text) {
		body, ok := strings.CutPrefix(strings.TrimSpace(line), comment)
		if !ok {
			continue
		}
		for _, m := range findingTag.FindAllStringSubmatch(body, -1) {
			for _, s := range strings.Split(m[1], ", ") {
				n, _ := strconv.Atoi(s)
				out = append(out, n)
			}
		}
	}
	return out
}

// TestFindings: every finding of the review is in attacks.md, in order, with the page of its rule and
// tests; and a package of one of these tests names it.
func TestFindings(t *testing.T) {
	t.Parallel()
	homes, namedBy := map[string][]string{}, map[int]map[string]bool{}
	note := func(pkg string, numbers []int) {
		for _, n := range numbers {
			if namedBy[n] == nil {
				namedBy[n] = map[string]bool{}
			}
			namedBy[n][pkg] = true
		}
	}
	for _, path := range files(t, "_test.go") {
		text, pkg := read(t, path), filepath.Dir(path)
		for _, m := range testFunc.FindAllStringSubmatch(text, -1) {
			homes[m[1]] = append(homes[m[1]], pkg)
		}
		note(pkg, tagged(text, "//"))
	}
	for _, path := range files(t, ".txt") {
		if pkg, _, ok := strings.Cut(path, string(filepath.Separator)+"testdata"); ok {
			note(pkg, tagged(read(t, path), "#"))
		}
	}
	page := strings.ReplaceAll(read(t, "docs/spec/attacks.md"), "\n- ", "\n\n- ")
	entries := findingEntry.FindAllStringSubmatch(page, -1)
	require.Len(t, entries, findings)
	for i, m := range entries {
		require.Equal(t, strconv.Itoa(i+1), m[1])
		require.Regexp(t, `[a-zA-Z0-9]+\.md`, m[2], "[%d] names no page", i+1)
		tests := testName.FindAllString(m[2], -1)
		require.NotEmpty(t, tests, "[%d] names no test", i+1)
		here := false
		for _, name := range tests {
			for _, pkg := range homes[name] {
				here = here || namedBy[i+1][pkg]
			}
		}
		require.True(t, here, "no package of %v has a test or transcript that names [%d]", tests, i+1)
	}
}

// TestTranscripts: every transcript that attacks.md names in brackets after its test exists.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, path := range files(t, ".txt") {
		if strings.Contains(path, "testdata") {
			found[strings.TrimSuffix(filepath.Base(path), ".txt")] = true
		}
	}
	all := transcripts.FindAllStringSubmatch(read(t, "docs/spec/attacks.md"), -1)
	require.Greater(t, len(all), 20)
	for _, m := range all {
		for _, name := range quotedWord.FindAllStringSubmatch(m[2], -1) {
			require.True(t, found[name[1]], "attacks.md names %s of %s: there is no such file", name[1], m[1])
		}
	}
}

// classes are those of the design: each has one transcript.
var classes = []string{
	"codec", "derivation", "ordering", "execution", "claims", "challenge", "witness",
	"reorganisations", "withheld data", "griefing relay", "bridge, money", "crashes",
}

// TestClasses: every class of attacks has one file of transcripts, and no two have the same.
func TestClasses(t *testing.T) {
	t.Parallel()
	found, seen := map[string]string{}, map[string]bool{}
	for _, row := range rows(t, "docs/spec/attacks.md", "class", "transcript", "tests") {
		path := row[1]
		require.Regexp(t, `^[a-z0-9/]+/testdata/[a-z]+/[a-z_]+\.txt$`, path, row[0])
		requireFile(t, path, "docs/spec/attacks.md")
		require.False(t, seen[path], "%s is of two classes", path)
		found[row[0]], seen[path] = path, true
	}
	for _, class := range classes {
		require.NotEmpty(t, found[class], "class %q has no transcript", class)
	}
}
