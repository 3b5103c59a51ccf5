package lint

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	maxFileLines     = 800
	maxFunctionLines = 70
)

// longFunctions are exempt from maxFunctionLines, with their reason.
var longFunctions = map[string]string{

	"interpreter/run.go:exec": "the dispatch switch: one case an instruction",
}

// bannedPackages say nothing about what is inside.
var bannedPackages = map[string]bool{
	"types": true, "common": true, "utils": true, "util": true, "helpers": true, "core": true,
	"base": true, "models": true, "misc": true,
}

func TestFilesAndFunctionsAreSmall(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == ".git" || name == "target" || name == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if generated(src) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		lines := bytes.Count(src, []byte("\n"))
		require.LessOrEqual(t, lines, maxFileLines, "%s: split it by concern", rel)
		checkFunctions(t, filepath.ToSlash(rel), src)
		return nil
	})
	require.NoError(t, err)
}

func generated(src []byte) bool {
	head, _, _ := bytes.Cut(src, []byte("\npackage "))
	return bytes.Contains(head, []byte("// Code generated ")) && bytes.Contains(head, []byte("DO NOT EDIT."))
}

func checkFunctions(t *testing.T, rel string, src []byte) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, rel, src, parser.SkipObjectResolution)
	require.NoError(t, err)
	require.False(t, bannedPackages[f.Name.Name], "%s: package %s: name it after what it does",
		rel, f.Name.Name)
	if strings.HasSuffix(rel, "_test.go") {
		return // a table is long and clear
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
		if _, exempt := longFunctions[rel+":"+fn.Name.Name]; exempt {
			continue
		}
		require.LessOrEqual(t, n, maxFunctionLines, "%s: %s has %d lines: cut it where it changes subject",
			rel, fn.Name.Name, n)
	}
}
