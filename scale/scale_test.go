package scale

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestLenIsMinimalAndBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   []byte
		want int
		err  error
	}{
		{"zero", []byte{0}, 0, nil},
		{"largest of one byte", []byte{63 << 2}, 63, nil},
		{"smallest of two bytes", []byte{1, 1}, 64, nil},
		{"63 in two bytes", []byte{63<<2 | 1, 0}, 0, ErrNotMinimal},
		{"largest of two bytes", []byte{0xfd, 0xff}, 1<<14 - 1, nil},
		{"smallest of four bytes", []byte{2, 0, 1, 0}, 1 << 14, nil},
		{"16383 in four bytes", []byte{0xfe, 0xff, 0, 0}, 0, ErrNotMinimal},
		{"big-integer mode", []byte{3, 0, 0, 0, 64}, 0, ErrLimit},
		{"above the limit", []byte{0xfe, 0xff, 0xff, 0xff}, 0, ErrLimit},
		{"empty", nil, 0, ErrShort},
		{"half of two bytes", []byte{1}, 0, ErrShort},
		{"half of four bytes", []byte{2, 0}, 0, ErrShort},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := NewDecoder(tt.in)
			got := d.Len(1 << 20)
			if tt.err != nil {
				require.ErrorIs(t, d.Finish(), tt.err)
				return
			}
			require.NoError(t, d.Finish())
			require.Equal(t, tt.want, got)
		})
	}
}

func TestDecoderKeepsItsFirstFailure(t *testing.T) {
	t.Parallel()
	d := NewDecoder([]byte{7, 2})
	require.Equal(t, uint8(7), d.U8())
	require.False(t, d.Bool())
	require.ErrorIs(t, d.Err(), ErrTag)
	require.Zero(t, d.U64())
	require.Nil(t, d.Bytes(10))
	require.ErrorIs(t, d.Finish(), ErrTag)

	d = NewDecoder([]byte{1, 2, 3})
	d.U16()
	require.ErrorIs(t, d.Finish(), ErrTrailing)
	require.Equal(t, 2, d.Offset())
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, f := rapid.Uint8().Draw(t, "a"), rapid.Uint16().Draw(t, "b"),
			rapid.Uint32().Draw(t, "c"), rapid.Uint64().Draw(t, "f")
		flag := rapid.Bool().Draw(t, "flag")
		raw := bytes.Repeat([]byte{a}, rapid.SampledFrom([]int{0, 1, 63, 64, 16383, 16384, 70000}).Draw(t, "n"))
		var e Encoder
		e.U8(a)
		e.U16(b)
		e.U32(c)
		e.U64(f)
		e.Bool(flag)
		e.Bytes(raw)
		d := NewDecoder(e.B)
		require.Equal(t, a, d.U8())
		require.Equal(t, b, d.U16())
		require.Equal(t, c, d.U32())
		require.Equal(t, f, d.U64())
		require.Equal(t, flag, d.Bool())
		require.True(t, bytes.Equal(raw, d.Bytes(len(raw))))
		require.NoError(t, d.Finish())
	})
}

// FuzzLen checks that every accepted length is encoded in exactly the bytes it was read from.
func FuzzLen(f *testing.F) {
	for _, seed := range [][]byte{{0}, {1, 1}, {2, 0, 1, 0}, {3}, {0xfe, 0xff, 0, 0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder(b)
		n := d.Len(compactMax)
		if d.Err() != nil {
			return
		}
		var e Encoder
		e.Len(n)
		if !bytes.Equal(e.B, b[:d.Offset()]) {
			t.Fatalf("%x was read as %d, which is encoded as %x", b[:d.Offset()], n, e.B)
		}
	})
}
