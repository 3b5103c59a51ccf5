package rollup

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// columnVectors are bodies of CodecDeflate behind DEFLATE, and what they hold.
func columnVectors() (out []*block) {
	for _, c := range columnCases() {
		if len(c.b) > 4<<10 {
			continue // much, for a case that is like others
		}
		v := new(block)
		v.Add("why", "%s", c.name)
		v.Add("count", "%d", c.count)
		v.Add("columns", "%x", c.b)
		v.Add("result", "%s", columnsResult(c.b, c.count))
		out = append(out, v)
	}
	return out
}

// columnsResult is a reason, or ok and the transactions.
func columnsResult(b []byte, count uint32) string {
	txs, err := new(columns).txs(b, count, 1<<20)
	if err != nil {
		return reasonOf(err).String()
	}
	words := []string{"ok"}
	for _, tx := range txs {
		words = append(words, hex.EncodeToString(tx))
	}
	return strings.Join(words, " ")
}

func TestVectorsColumns(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t, "codec/columns.txt", columnVectors) {
		count, err := strconv.ParseUint(v.Get(t, "count"), 10, 32)
		require.NoError(t, err)
		got := columnsResult(v.Hex(t, "columns"), uint32(count))
		require.Equal(t, v.Get(t, "result"), got, v.Get(t, "why"))
	}
}
