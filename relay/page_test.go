package relay

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/rollup"
)

// The operator's page names every field of the configuration, and the numbers that zeroes mean.
func TestOperatorsPage(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../docs/operate/relay.md")
	require.NoError(t, err)
	page := string(raw)
	cfg := Config{Genesis: &rollup.Genesis{Params: rollup.DefaultParams()}}.withDefaults()
	var check func(prefix string, v reflect.Value)
	check = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			name, value := prefix+v.Type().Field(i).Name, v.Field(i)
			if value.Kind() == reflect.Struct {
				check(name+".", value)
				continue
			}
			require.Regexp(t, "`"+regexp.QuoteMeta(name)+"`", page)
			switch value.Kind() {
			case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Bool:
				if value.IsZero() && value.Kind() == reflect.Uint64 && prefix == "Policy." {
					continue // a word says what no limit is
				}
				want := fmt.Sprintf("`%s` | %v |", name, value)
				require.Contains(t, page, want)
			}
		}
	}
	check("", reflect.ValueOf(cfg))
}
