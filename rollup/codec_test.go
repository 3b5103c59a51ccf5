package rollup

import (
	"errors"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/athenarollup/athena/scale"
)

// encoder is what every consensus type is.
type encoder interface{ Encode() []byte }

// codec is one pair of encoding and decoding.
type codec struct {
	name   string
	make   func(g *gen) encoder
	decode func(b []byte) (encoder, error)
}

var testParams = DefaultParams()

// as adapts a decoder; a refused value is never looked at.
func as[T encoder](v T, err error) (encoder, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func decodeTx(b []byte) (encoder, error) {
	t, reason, err := DecodeTx(b, &testParams)
	if (err == nil) != (reason == ReasonNone) {
		panic("reason and error disagree")
	}
	if err != nil {
		return nil, &RefusedError{Reason: reason, Err: err}
	}
	return t, nil
}

var codecs = []codec{
	{"tx", func(g *gen) encoder { return g.tx() }, decodeTx},
	{"l1tx", func(g *gen) encoder { return g.anyL1Tx() },
		func(b []byte) (encoder, error) { return as(DecodeL1Tx(b, &testParams)) }},
	{"bundle", func(g *gen) encoder { return g.bundle() },
		func(b []byte) (encoder, error) { return as(DecodeBundle(b, &testParams)) }},
	{"claim", func(g *gen) encoder { return g.claim() },
		func(b []byte) (encoder, error) { return as(DecodeClaim(b, &testParams)) }},
	{"header", func(g *gen) encoder { return g.header() },
		func(b []byte) (encoder, error) { return as(DecodeHeader(b, &testParams)) }},
	{"layer", func(g *gen) encoder { return g.layer() },
		func(b []byte) (encoder, error) { return as(DecodeLayer(b, &testParams)) }},
	{"item", func(g *gen) encoder { return g.item(ItemKind(g.r.IntN(5))) },
		func(b []byte) (encoder, error) { return as(DecodeItem(b, &testParams)) }},
	{"receipt", func(g *gen) encoder { return g.receipt() },
		func(b []byte) (encoder, error) { return as(DecodeReceipt(b)) }},
	{"event", func(g *gen) encoder { return g.event() },
		func(b []byte) (encoder, error) { return as(DecodeEvent(b)) }},
	{"drop", func(g *gen) encoder { return g.drop() },
		func(b []byte) (encoder, error) { return as(DecodeDrop(b)) }},
	{"carry", func(g *gen) encoder { return g.carry() },
		func(b []byte) (encoder, error) { return as(DecodeCarry(b)) }},
	{"params", func(g *gen) encoder { return g.params() },
		func(b []byte) (encoder, error) { return as(DecodeParams(b)) }},
	{"genesis", func(g *gen) encoder { return g.genesis() },
		func(b []byte) (encoder, error) { return as(DecodeGenesis(b)) }},
	{"mmr", func(g *gen) encoder { return g.mmr() },
		func(b []byte) (encoder, error) { return as(DecodeMMR(b)) }},
}

func codecOf(name string) codec {
	for _, c := range codecs {
		if c.name == name {
			return c
		}
	}
	panic("no codec " + name)
}

// accepts checks the law of every decoder: what it accepts, it encodes to the same bytes; what it
// refuses, it refuses with a reason.
func (c *codec) accepts(t require.TestingT, b []byte) bool {
	v, err := c.decode(b)
	if err != nil {
		var refused *RefusedError
		require.True(t, errors.As(err, &refused), "no reason in %v", err)
		require.NotEqual(t, ReasonNone, refused.Reason)
		return false
	}
	require.Equal(t, b, v.Encode(), "%s does not encode to what it was decoded from", c.name)
	return true
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range codecs {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				v := c.make(drawGen(t))
				got, err := c.decode(v.Encode())
				require.NoError(t, err)
				require.Equal(t, v, got)
			})
		})
	}
}

func TestDamagedBytes(t *testing.T) {
	t.Parallel()
	for _, c := range codecs {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(3) {
				b := c.make(newGen(seed)).Encode()
				require.True(t, c.accepts(t, b))
				for n := range b {
					require.False(t, c.accepts(t, b[:n:n]), "prefix of %d of %d bytes", n, len(b))
				}
				for _, extra := range []byte{0, 1, 0xff} {
					require.False(t, c.accepts(t, append(b[:len(b):len(b)], extra)), "longer by a byte")
				}
				for bit := range 8 * len(b) {
					flipped := append([]byte(nil), b...)
					flipped[bit/8] ^= 1 << (bit % 8)
					c.accepts(t, flipped)
				}
			}
		})
	}
}

func TestVersionByteFirst(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"tx", "l1tx", "bundle", "claim", "header", "item", "receipt", "genesis", "params",
	} {
		c := codecOf(name)
		b := c.make(newGen(1)).Encode()
		for _, version := range []byte{0, 2, 255} {
			b[0] = version
			_, err := c.decode(b)
			require.Equal(t, ReasonBadVersion, reasonOf(err), name)
		}
	}
}

// TestDecodeTxReasons [11, 23, 25]: each rule that a transaction breaks has its reason.
func TestDecodeTxReasons(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	for _, tc := range []struct {
		name string
		want Reason
		edit func(x *Tx)
		raw  func(b []byte) []byte
	}{
		{name: "self sponsor", want: ReasonSelfSponsor, edit: func(x *Tx) { x.Sponsor = x.Principal }},
		{name: "no calls", want: ReasonNoCalls, edit: func(x *Tx) { x.Calls = nil }},
		{name: "last nonce", want: ReasonBadNonce, edit: func(x *Tx) { x.Nonce.Value = ^uint64(0) }},
		{name: "last nonce, at least", want: ReasonBadNonce, edit: func(x *Tx) {
			x.Nonce = Nonce{Kind: NonceAtLeast, Value: ^uint64(0)}
		}},
		{name: "last salt is fine", want: ReasonNone, edit: func(x *Tx) {
			x.Nonce = Nonce{Kind: NonceUnordered, Value: ^uint64(0)}
		}},
		{name: "nonce kind", want: ReasonMalformed, edit: func(x *Tx) { x.Nonce.Kind = 3 }},
		{name: "auth shorter", want: ReasonBadAuthLen,
			raw: func(b []byte) []byte { return b[:len(b)-1] }},
		{name: "auth longer", want: ReasonBadAuthLen, raw: func(b []byte) []byte { return append(b, 0) }},
		{name: "sponsor auth alone", want: ReasonBadAuthLen,
			edit: func(x *Tx) { x.SponsorAuth = []byte{1} }},
		{name: "auth at its limit", want: ReasonNone,
			edit: func(x *Tx) { x.Auth = make([]byte, p.MaxAuthBytes) }},
		{name: "auth above its limit", want: ReasonTooLarge,
			edit: func(x *Tx) { x.Auth = make([]byte, p.MaxAuthBytes+1) }},
		{name: "calls at their limit", want: ReasonNone,
			edit: func(x *Tx) { x.Calls = make([]Call, p.MaxCalls) }},
		{name: "calls above their limit", want: ReasonTooLarge,
			edit: func(x *Tx) { x.Calls = make([]Call, p.MaxCalls+1) }},
		{name: "access list above its limit", want: ReasonTooLarge,
			edit: func(x *Tx) { x.AccessList = make([]AccessKey, p.MaxAccessKeys+1) }},
		{name: "size at its limit", want: ReasonNone, edit: func(x *Tx) { pad(x, int(p.MaxTxBytes)) }},
		{name: "size above its limit", want: ReasonTooLarge,
			edit: func(x *Tx) { pad(x, int(p.MaxTxBytes)+1) }},
		{name: "nothing", want: ReasonMalformed, raw: func([]byte) []byte { return nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			x := &Tx{Calls: []Call{{}}, Auth: []byte{1, 2, 3}, Principal: [24]byte{9}}
			if tc.edit != nil {
				tc.edit(x)
			}
			b := x.Encode()
			if tc.raw != nil {
				b = tc.raw(b)
			}
			_, reason, err := DecodeTx(b, &p)
			require.Equal(t, tc.want.String(), reason.String(), "%v", err)
		})
	}
}

// pad makes the encoding of x exactly size bytes long.
func pad(x *Tx, size int) {
	x.Calls[0].Args = make([]byte, size-len(x.Encode())-3)
	x.Calls[0].Args = x.Calls[0].Args[:len(x.Calls[0].Args)-(len(x.Encode())-size)]
}

func TestMinTxBytes(t *testing.T) {
	t.Parallel()
	require.Len(t, (&Tx{Calls: []Call{{}}}).Encode(), minTxBytes)
	require.Greater(t, len((&Tx{Spawn: &Spawn{}}).Encode()), minTxBytes)
	rapid.Check(t, func(t *rapid.T) {
		x := drawGen(t).tx()
		require.GreaterOrEqual(t, x.sizeHint(), len(x.SignedPart()))
		require.GreaterOrEqual(t, len(x.Encode()), minTxBytes)
	})
}

// TestL1UnknownKind [17]: there are no payloads but those of codec.md; none carries a validity
// proof as a verdict.
func TestL1UnknownKind(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	b := newGen(1).l1tx(L1Transfer).Encode()
	for _, kind := range []L1Kind{0, 11, 255} {
		b[1+32+32+8] = byte(kind)
		_, err := DecodeL1Tx(b, &p)
		require.Equal(t, ReasonL1UnknownKind, reasonOf(err), "%v", err)
	}
}

func TestOversizeIsRefusedUnparsed(t *testing.T) {
	t.Parallel()
	p := DefaultParams()
	p.MaxTxBytes, p.MaxBundleBytes, p.MaxL1TxBytes, p.MaxL1BlockBytes = 10, 10, 10, 10
	garbage := make([]byte, 2000)
	_, reason, _ := DecodeTx(garbage, &p)
	require.Equal(t, ReasonTooLarge, reason)
	for name, decode := range map[string]func([]byte, *Params) error{
		"bundle": func(b []byte, p *Params) error { _, err := DecodeBundle(b, p); return err },
		"l1tx":   func(b []byte, p *Params) error { _, err := DecodeL1Tx(b, p); return err },
		"claim":  func(b []byte, p *Params) error { _, err := DecodeClaim(b, p); return err },
		"layer":  func(b []byte, p *Params) error { _, err := DecodeLayer(b, p); return err },
	} { //lint:unordered independent cases
		require.Equal(t, ReasonTooLarge, reasonOf(decode(garbage, &p)), name)
	}
}

func TestCountIsBoundedByInput(t *testing.T) {
	t.Parallel()
	var e scale.Encoder
	e.Len(1<<30 - 1)
	e.Raw(make([]byte, 64))
	d := scale.NewDecoder(e.B)
	require.Zero(t, count(d, unbounded, 32), "nothing is to be allocated for what is not there")
	require.ErrorIs(t, d.Err(), scale.ErrShort)
	e.B = append([]byte{2 << 2}, make([]byte, 64)...)
	require.Equal(t, 2, count(scale.NewDecoder(e.B), unbounded, 32))
	require.Zero(t, count(scale.NewDecoder(e.B), 1, 32))
}

func TestParamsFieldsAreAll(t *testing.T) {
	t.Parallel()
	p := new(Params)
	seen := 0
	v := reflect.ValueOf(p).Elem()
	p.decode(scale.NewDecoder(new(gen).onesAfterVersion()))
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), "field %s is not encoded", v.Type().Field(i).Name)
		seen++
	}
	require.NotZero(t, seen)
}

// onesAfterVersion is an encoding of parameters with no zero in it.
func (*gen) onesAfterVersion() []byte {
	b := make([]byte, 2000)
	for i := range b {
		b[i] = 1
	}
	return b
}

func TestHashesDiffer(t *testing.T) {
	t.Parallel()
	x := newGen(1).tx()
	other := *x
	other.Auth = append([]byte{1}, other.Auth[1:]...)
	other.Auth[0] ^= x.Auth[0] ^ 1 ^ 0xff
	require.Equal(t, x.ID(), other.ID(), "the id does not cover auths")
	require.NotEqual(t, x.Hash(), other.Hash(), "the hash does")
	other.Auth = other.Auth[1:]
	require.NotEqual(t, x.ID(), other.ID(), "but the id covers their length")
}
