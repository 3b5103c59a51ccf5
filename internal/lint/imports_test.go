package lint

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/athenarollup/athena"

// levels is the table of ARCHITECTURE.md: a package may import packages of its own level only where
// sameLevel says so, and packages of lower levels freely.
var levels = []struct {
	level    int
	packages []string // paths under the module; a trailing /... takes the folder's children too
}{
	{0, []string{"trap", "address", "scale", "riscv/..."}},
	{1, []string{"metering"}},
	{2, []string{"interpreter/..."}},
	{3, []string{"host/..."}},
	{4, []string{"rollup", "rollup/statetree", "rollup/stf", "rollup/dispute", "rollup/bridge", "rollup/l1"}},
	{5, []string{"rollup/l1/sim", "api/...", "sdk/go/...", "internal/kv/...", "internal/service", "internal/usage", "fixtures",
		"internal/vectorfile",
		"rollup/stf/stftest"}},
	{6, []string{"relay/...", "executor/..."}},
	{7, []string{"internal/devnet/...", "internal/sim", "internal/demo/...", "internal/bench", "internal/calibrate",
		"internal/statebench", "internal/rollupbench", "internal/runner/..."}},
	{8, []string{"cmd/athena", "docs"}},
}

// forbidden lists edges with their reason. A pattern ends in * to match a prefix. transitive edges are
// checked over all dependencies, the others over direct imports only.
var forbidden = []struct {
	from, to   string
	transitive bool
	why        string
}{
	{"riscv*", "!std", false, "riscv stands on the standard library alone, so that anybody can reuse it"},
	{"sdk/go*", module + "/interpreter*", true, "a client links no virtual machine"},
	{"sdk/go*", module + "/host*", true, "a client links no virtual machine"},
	{"sdk/go*", "github.com/cockroachdb/pebble*", true, "a client links no database"},
	{"relay*", module + "/executor*", true, "the daemons know each other only through api"},
	{"executor*", module + "/relay*", true, "the daemons know each other only through api"},
	{"relay*", module + "/interpreter*", true, "a relay orders nothing and executes nothing"},
	{"interpreter*", module + "/host*", true, "the machine knows registers and memory, not accounts"},
	{"host*", module + "/rollup*", true, "the virtual machine does not know that it is part of a rollup"},
	{"rollup", module + "/host*", true, "the consensus types are for clients too"},
	{"rollup*", "google.golang.org/grpc*", false, "the protocol does not know how it is served"},
	{"host*", "google.golang.org/grpc*", true, "the virtual machine does not know how it is served"},
}

// owners says which packages may import a third party directly.
var owners = []struct {
	library string
	allowed []string
	why     string
}{
	{"github.com/cockroachdb/pebble*", []string{"rollup/statetree", "internal/kv", "internal/kv/crashfs"},
		"Pebble has two owners: the state tree, and kv for the daemons' own records; tests crash its disks"},
	{"github.com/urfave/cli*", []string{"cmd/athena"}, "flags are the command's business"},
	{"google.golang.org/grpc*", []string{"api*", "sdk/go/client", "relay", "executor", "internal/service"},
		"gRPC stays at the edge"},
	{"github.com/stretchr/testify*", nil, "testify is for tests"},
	{"github.com/consensys/gnark-crypto*", []string{"host/precompile"},
		"curves are precompiles, with our own encodings and acceptance sets"},
	{"github.com/consensys/gnark/*", nil, "gnark proves in tests; verification stands on gnark-crypto"},
	{"github.com/decred/*", []string{"host/precompile"}, "secp256k1 is a precompile"},
	{"github.com/btcsuite/*", []string{"address"}, "bech32 is used through address"},
}

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

func list(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Deps", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	require.NoError(t, err, "go list failed; does the module build?")
	all := map[string]listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all[p.ImportPath] = p
	}
}

func own(importPath string) (string, bool) { return strings.CutPrefix(importPath, module+"/") }

func match(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

func levelOf(pkg string) int {
	for _, l := range levels {
		for _, p := range l.packages {
			dir, deep := strings.CutSuffix(p, "/...")
			if pkg == dir || deep && strings.HasPrefix(pkg, dir+"/") {
				return l.level
			}
		}
	}
	return -1
}

func TestPackagesImportOnlyLowerLevels(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		from, ok := own(p.ImportPath)
		if !ok || from == path.Join("internal", "lint") {
			continue
		}
		require.GreaterOrEqual(t, levelOf(from), 0,
			"%s has no level: give it one in ARCHITECTURE.md and in this table", from)
		for _, imp := range p.Imports {
			to, ok := own(imp)
			if !ok {
				continue
			}
			require.LessOrEqual(t, levelOf(to), levelOf(from),
				"%s (level %d) imports %s (level %d): data flows one way, see ARCHITECTURE.md",
				from, levelOf(from), to, levelOf(to))
		}
	}
}

func TestForbiddenImports(t *testing.T) {
	t.Parallel()
	all := list(t)
	for _, p := range all {
		from, ok := own(p.ImportPath)
		if !ok {
			continue
		}
		for _, rule := range forbidden {
			if !match(rule.from, from) || rule.from == "rollup*" && levelOf(from) != 4 {
				continue
			}
			reach := p.Imports
			if rule.transitive {
				reach = p.Deps
			}
			for _, to := range reach {
				bad := match(rule.to, to)
				if rule.to == "!std" {
					bad = !all[to].Standard && !strings.HasPrefix(to, module+"/riscv")
				}
				if bad {
					t.Errorf("%s must not import %s: %s", from, to, rule.why)
				}
			}
		}
		for _, rule := range owners {
			for _, to := range p.Imports {
				if !match(rule.library, to) {
					continue
				}
				allowed := false
				for _, a := range rule.allowed {
					allowed = allowed || match(a, from)
				}
				if !allowed {
					t.Errorf("%s imports %s: %s", from, to, rule.why)
				}
			}
		}
	}
}
