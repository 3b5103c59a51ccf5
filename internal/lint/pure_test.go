package lint

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// impure are the imports that would make two machines differ.
var impure = map[string]string{
	"time":         "a clock is a parameter",
	"os":           "the environment is not an input of consensus",
	"net":          "the network is not an input of consensus",
	"math/rand":    "randomness is a parameter",
	"math/rand/v2": "randomness is a parameter",
	"crypto/rand":  "randomness is a parameter",
	"log":          "pure packages return values and call hooks",
	"log/slog":     "pure packages return values and call hooks",
	"sync/atomic":  "pure packages have no goroutines",
}

// impureAllowed are exceptions, with their reason.
var impureAllowed = map[string]string{
	"rollup/statetree time":        "options of the Pebble back end, never part of a root",
	"rollup/statetree os":          "opening the Pebble back end's folder",
	"rollup/statetree sync/atomic": "what of a tree in memory is in use, never part of a root",
}

// unorderedMark on the line above a range over a map says why its order cannot be seen.
const unorderedMark = "//lint:unordered "

func TestPurePackages(t *testing.T) {
	t.Parallel()
	cfg := &packages.Config{
		Dir: "../..",
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
		Fset: token.NewFileSet(),
	}
	var patterns []string
	for _, l := range levels {
		if l.level > 4 {
			continue
		}
		for _, p := range l.packages {
			patterns = append(patterns, "./"+p)
		}
	}
	pkgs, err := packages.Load(cfg, patterns...)
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	for _, p := range pkgs {
		require.Empty(t, p.Errors, p.PkgPath)
		if p.Name == "main" {
			continue // a generator beside what it generates: it runs before, never in, consensus
		}
		for _, f := range p.Syntax {
			checkPure(t, cfg.Fset, p, f)
		}
	}
}

func checkPure(t *testing.T, fset *token.FileSet, p *packages.Package, f *ast.File) {
	t.Helper()
	name, _ := own(p.PkgPath)
	for _, imp := range f.Imports {
		dep := strings.Trim(imp.Path.Value, `"`)
		why, bad := impure[dep]
		_, excused := impureAllowed[name+" "+dep]
		if bad && !excused {
			t.Errorf("%s: %s is imported: %s", fset.Position(imp.Pos()), dep, why)
		}
	}
	marked := map[int]bool{}
	for _, group := range f.Comments {
		for _, c := range group.List {
			if strings.Contains(c.Text, unorderedMark) {
				line := fset.Position(c.Pos()).Line
				marked[line], marked[line+1] = true, true
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a goroutine in a pure package", fset.Position(n.Pos()))
		case *ast.RangeStmt:
			_, isMap := p.TypesInfo.TypeOf(n.X).Underlying().(*types.Map)
			if pos := fset.Position(n.Pos()); isMap && !marked[pos.Line] {
				t.Errorf("%s: range over a map: sort the keys, or say why order cannot be seen: %q",
					pos, unorderedMark+"why")
			}
		case *ast.Ident:
			if tv, ok := p.TypesInfo.Types[n]; ok && tv.Type != nil {
				if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&types.IsFloat != 0 {
					t.Errorf("%s: a float in a pure package", fset.Position(n.Pos()))
				}
			}
		}
		return true
	})
}
