package l1_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/l1"
)

// BenchmarkBlock measures a block of one transfer where others have left many accounts and
// commitments behind.
func BenchmarkBlock(b *testing.B) {
	for _, n := range []int{0, 10_000, 100_000} {
		b.Run(fmt.Sprintf("behind=%d", n), func(b *testing.B) {
			g := toyGenesis(nil)
			for i := range n {
				var a address.Address
				binary.BigEndian.PutUint64(a[8:], uint64(i)+1)
				g.L1 = append(g.L1, rollup.Allocation{Address: a, Amount: 1})
			}
			s, err := l1.NewState(g, toyJudge)
			require.NoError(b, err)
			nonce := uint64(0)
			for i := 0; i < n; {
				var txs []rollup.L1Tx
				for range min(n-i, 10_000) {
					txs = append(txs, signed(s, "bob", nonce, &rollup.ClaimCommit{
						Commitment: sha256.Sum256(binary.LittleEndian.AppendUint64(nil, nonce)),
					}))
					nonce++
				}
				i += len(txs)
				mine(b, s, txs...)
			}
			mine(b, s) // the layer measured executes an empty block
			transfer := &rollup.Transfer{To: account("carol"), Amount: 1}
			l, _ := s.Build([]rollup.L1Tx{signed(s, "alice", 0, transfer)}, env(s, 1))
			require.Len(b, l.Txs, 1)
			b.ReportAllocs()
			for b.Loop() {
				next := s.Clone()
				if _, err := next.Apply(l); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
