package rollup

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/metering"
)

// Every limit that starts with Max may grow and may not shrink, and so do the shares: what was
// accepted once is never too large.
func TestValidateUpgrade(t *testing.T) {
	t.Parallel()
	base := DefaultParams()
	same := base
	require.ErrorContains(t, base.ValidateUpgrade(&same), "nothing changes")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Params]()) {
		if !strings.HasPrefix(f.Name, "Max") {
			continue
		}
		next := base
		switch v := reflect.ValueOf(&next).Elem().FieldByIndex(f.Index); v.Kind() {
		case reflect.Uint32, reflect.Uint64:
			v.SetUint(v.Uint() - 1)
		default:
			v.Index(int(metering.Read)).SetUint(v.Index(int(metering.Read)).Uint() - 1)
		}
		require.ErrorContains(t, base.ValidateUpgrade(&next), f.Name+" shrinks")
	}
	for want, edit := range map[string]func(p *Params){
		"":                          func(p *Params) { p.ClaimBond++ },
		"VMVersion shrinks":         func(p *Params) { p.VMVersion = 0 },
		"EngineRevision shrinks":    func(p *Params) { p.EngineRevision = 0 },
		"EngineRevision is 0":       func(p *Params) { p.EngineRevision = 0 },
		"the forced share shrinks":  func(p *Params) { p.ForcedShareDivisor++ },
		"share of deposits shrinks": func(p *Params) { p.DepositShareDivisor++ },
		"ProveWindow 0 does not":    func(p *Params) { p.ProveWindow = 0 },
	} { //lint:unordered independent cases
		next := base
		edit(&next)
		if err := base.ValidateUpgrade(&next); want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
