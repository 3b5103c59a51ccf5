package scale

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzDecoder reads bytes by a script of types: what is read is what would be written, a failure is
// kept, and nothing is read beyond the end.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6}, bytes.Repeat([]byte{1, 0, 4, 0, 8}, 20))
	f.Add([]byte{6, 6, 6}, []byte{2, 0, 1, 0})
	f.Fuzz(func(t *testing.T, script, in []byte) {
		d := NewDecoder(in)
		var e Encoder
		for _, what := range script {
			switch what % 7 {
			case 0:
				e.U8(d.U8())
			case 1:
				e.U16(d.U16())
			case 2:
				e.U32(d.U32())
			case 3:
				e.U64(d.U64())
			case 4:
				e.Bool(d.Bool())
			case 5:
				e.Raw(d.Raw(int(what / 7)))
			default:
				e.Bytes(d.Bytes(int(what) * 8))
			}
			if d.Err() != nil {
				break
			}
			if !bytes.Equal(e.B, in[:d.Offset()]) {
				t.Fatalf("%x was read, which is written as %x", in[:d.Offset()], e.B)
			}
		}
		if d.Offset() > len(in) || d.Offset()+d.Remaining() != len(in) {
			t.Fatalf("%d of %d bytes read", d.Offset(), len(in))
		}
		if err := d.Err(); err != nil && (d.U8() != 0 || !errors.Is(d.Err(), err) || d.Finish() == nil) {
			t.Fatal("a failure is forgotten")
		}
	})
}
