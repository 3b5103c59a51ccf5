package docs

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/host"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/riscv"
	"github.com/athenarollup/athena/riscv/elf"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// TestNumbers: tables of stable numbers are those of the code, none missing.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		page        string
		columns     []string
		placeholder string
		limit       uint64
		name        func(n uint64) string
	}{
		{"isa.md", []string{"code", "name"}, "Trap(", 256,
			func(n uint64) string { return trap.Code(n).String() }},
		{"derive.md", []string{"number", "reason"}, "REASON_", 1 << 16,
			func(n uint64) string { return rollup.Reason(n).String() }},
		{"codec.md", []string{"verdict", "name"}, "verdict ", 256,
			func(n uint64) string { return rollup.VerdictCode(n).String() }},
		{"codec.md", []string{"outcome", "name"}, "outcome ", 256,
			func(n uint64) string { return rollup.Outcome(n).String() }},
		{"codec.md", []string{"kind", "name", "fields"}, "item ", 256,
			func(n uint64) string { return rollup.ItemKind(n).String() }},
		{"codec.md", []string{"kind", "name", "payload"}, "l1 kind ", 256,
			func(n uint64) string { return rollup.L1Kind(n).String() }},
		{"fees.md", []string{"number", "dimension"}, "", 0, nil},
	} {
		want := map[uint64]string{}
		if tc.name != nil {
			want = named(tc.limit, tc.placeholder, tc.name)
		} else {
			for d := range metering.Dimension(metering.Dimensions) {
				want[uint64(d)] = d.String()
			}
		}
		require.Equal(t, want, numbered(t, rows(t, specFolder+tc.page, tc.columns...)), tc.page)
	}
}

// TestRecordKinds: the kinds of record and the statuses of accounts.
func TestRecordKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[uint64]string{
		uint64(state.KindHeader): "account header", uint64(state.KindTemplate): "template",
		uint64(state.KindCode): "code chunk", uint64(state.KindBlob): "blob",
		uint64(state.KindSlot): "storage slot", uint64(state.KindSystem): "system record",
	}, numbered(t, rows(t, specFolder+"state.md", "kind", "record")))
	require.Equal(t, map[uint64]string{
		uint64(state.Stub): "stub", uint64(state.Live): "live",
		uint64(state.Dead): "dead", uint64(state.Expired): "expired",
	}, numbered(t, rows(t, specFolder+"accounts.md", "status", "name")))
}

// TestHotAreaTable: the records that have places of their own in the tree.
func TestHotAreaTable(t *testing.T) {
	t.Parallel()
	table := rows(t, specFolder+"state.md", "hot record", "first byte")
	require.Len(t, table, 7)
	for _, row := range table {
		first, ok := state.HotRecord(strings.Trim(row[0], "`"))
		require.True(t, ok, row[0])
		require.Equal(t, fmt.Sprintf("0x%02x", first), row[1], row[0])
	}
}

var callRow = regexp.MustCompile(`\{\s*"(\w+)", "([^"]*)", ([^,]+), \(\*frame\)`)

// deniedLetters are the letters of the table for the expressions of host/calls.go.
var deniedLetters = map[string]string{
	"0": "", "ownerless": "CF", "effectful": "SVCF", "modeVerify": "V",
	"secluded": "VCF", "modeStatic | modeVerify": "SV",
	"modeVerify | modeConstructor": "VC",
}

// TestHostCalls: numbers, names, number of arguments, and in which frames a call is denied.
func TestHostCalls(t *testing.T) {
	t.Parallel()
	table := rows(t, specFolder+"abi.md", "number", "name", "arguments", "t0", "denied")
	source := map[string][]string{}
	calls := read(t, "host/calls.go") + read(t, "host/call_precompile_table.go")
	for _, m := range callRow.FindAllStringSubmatch(calls, -1) {
		source[m[1]] = m[2:]
	}
	inABI := numbered(t, table)
	precompiles := rows(t, specFolder+"precompiles.md", "number", "name", "arguments", "t0")
	for _, row := range precompiles {
		if inABI[number(t, row[0])] == "" {
			table = append(table, append(row, "")) // every frame may make them
		}
	}
	require.Len(t, source, len(table))
	for _, row := range table {
		require.Equal(t, host.CallName(uint32(number(t, row[0]))), row[1])
		require.Contains(t, source, row[1])
		arity := 0
		if row[2] != "" {
			arity = strings.Count(row[2], ",") + 1
		}
		require.Len(t, strings.Fields(source[row[1]][0]), arity, "arguments of %s", row[1])
		letters, ok := deniedLetters[source[row[1]][1]]
		require.True(t, ok, "teach this test %q", source[row[1]][1])
		require.Equal(t, letters, row[4], "where %s is denied", row[1])
	}
	listed := numbered(t, table)
	for n, name := range numbered(t, precompiles) {
		require.Equal(t, listed[n], name, "precompile %#x", n)
	}
	for _, base := range []uint64{0, 0x0064_0000} {
		for n := base; n < base+1<<12; n++ {
			require.Equal(t, host.CallName(uint32(n)), listed[n], "host call %#x", n)
		}
	}
}

// TestSchedule: prices, and the classes of the instructions that the table names.
func TestSchedule(t *testing.T) {
	t.Parallel()
	s := metering.V1()
	classes := rows(t, specFolder+"gas.md", "instruction class", "gas", "members")
	require.Len(t, classes, metering.Classes)
	word := regexp.MustCompile(`\b[A-Z]+\b`)
	for class, row := range classes {
		require.EqualValues(t, s.Instruction[class], number(t, row[1]), row[0])
		for _, name := range word.FindAllString(row[2], -1) {
			op, ok := riscv.OpNamed(strings.ToLower(name))
			require.True(t, ok, name)
			require.Equal(t, metering.Class(class), metering.ClassOf(op), name)
		}
	}
	for page, group := range map[string]any{"gas.md": s.Host, "precompiles.md": s.Precompile} {
		prices := map[string]uint64{}
		for _, row := range rows(t, specFolder+page, "price", "gas", "for") {
			prices[row[0]] = number(t, row[1])
		}
		costs := reflect.ValueOf(group)
		want := map[string]uint64{}
		for i := range costs.NumField() {
			want[costs.Type().Field(i).Name] = costs.Field(i).Uint()
		}
		require.Equal(t, want, prices)
	}
	m := regexp.MustCompile(`KeyAllowance = ([0-9_]+) `).FindStringSubmatch(read(t, specFolder+"gas.md"))
	require.Len(t, m, 2)
	require.Equal(t, s.KeyAllowance, number(t, m[1]))
}

// TestParams: every parameter with its default, in the order of its encoding.
func TestParams(t *testing.T) {
	t.Parallel()
	p := rollup.DefaultParams()
	v := reflect.ValueOf(p)
	table := rows(t, specFolder+"params.md", "parameter", "default")
	require.Len(t, table, v.NumField())
	for i, row := range table {
		require.Equal(t, v.Type().Field(i).Name, row[0])
		var got metering.Units
		for d, part := range strings.Split(row[1], " / ") {
			got[d] = number(t, part)
		}
		want, ok := v.Field(i).Interface().(metering.Units)
		if !ok {
			want = metering.Units{v.Field(i).Uint()}
		}
		require.Equal(t, want, got, row[0])
	}
	m := regexp.MustCompile(`MaxStepKeys · ([0-9_]+) \+ MaxStepValueBytes \+ MaxStepCodeBytes \+ ([0-9_]+)`).
		FindStringSubmatch(read(t, specFolder+"params.md"))
	require.Len(t, m, 3)
	require.EqualValues(t, p.WitnessCap(), uint64(p.MaxStepKeys)*number(t, m[1])+
		uint64(p.MaxStepValueBytes)+uint64(p.MaxStepCodeBytes)+number(t, m[2]))
}

// TestProgramLimits: the limits of a program image.
func TestProgramLimits(t *testing.T) {
	t.Parallel()
	l := elf.DefaultLimits()
	var got []uint64
	for _, row := range rows(t, specFolder+"isa.md", "limit", "default") {
		got = append(got, number(t, row[1]))
	}
	require.Equal(t, []uint64{
		uint64(l.FileBytes), uint64(l.ImageBytes), uint64(l.StackBytes), uint64(l.HeapPages),
		uint64(l.Segments), uint64(l.ProgramHeaders), uint64(l.Sections), uint64(l.Exports),
		uint64(l.NameBytes),
	}, got)
}

var (
	quotedDomain = regexp.MustCompile(`"(athena/[a-z0-9/-]+)"`)
	systemRecord = regexp.MustCompile(`(?m)^\t(?:record|prefix)\w+\s*= "([^"]+)"`)
)

// domains returns the hash domains that a text quotes, without doubles.
func domains(text string) []string {
	set := map[string]bool{}
	for _, m := range quotedDomain.FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// TestDomains: the hash domains of the codec, and the names of the system records.
func TestDomains(t *testing.T) {
	t.Parallel()
	require.Equal(t, domains(read(t, "rollup/hash.go")), domains(read(t, specFolder+"codec.md")))
	want, got := map[string]bool{}, map[string]bool{}
	records := read(t, "rollup/stf/record.go") + read(t, "rollup/layer_record.go")
	for _, m := range systemRecord.FindAllStringSubmatch(records, -1) {
		want[m[1]] = true
	}
	for _, row := range rows(t, specFolder+"state.md", "name", "payload") {
		name, _, _ := strings.Cut(row[0], " ")
		got[name] = true
	}
	require.Equal(t, want, got)
}

// TestAPI: methods and stages of the daemons.
func TestAPI(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, service := range []grpc.ServiceDesc{
		athenav1.RelayService_ServiceDesc, athenav1.ExecutorService_ServiceDesc,
		athenav1.L1Service_ServiceDesc,
	} {
		for _, m := range service.Methods {
			want = append(want, m.MethodName)
		}
		for _, s := range service.Streams {
			want = append(want, s.StreamName)
		}
	}
	for _, row := range rows(t, specFolder+"api.md", "method", "does") {
		got = append(got, row[0])
	}
	require.ElementsMatch(t, want, got)
	stages := rows(t, specFolder+"api.md", "stage", "number")
	require.Len(t, stages, len(athenav1.Stage_name)-1) // all but UNSPECIFIED
	for _, row := range stages {
		require.EqualValues(t, athenav1.Stage_value[row[0]], number(t, row[1]), row[0])
	}
}
