package rollup

import (
	"math/bits"

	"github.com/athenarollup/athena/metering"
)

// weightScale is the weight of an item that fills a dimension of a layer.
const weightScale = 1 << 20

// Declared returns what an item may use at most. For a transaction that is its maxUnits, within
// which verify runs as well; data is the length of its encoding, whatever maxUnits says of data.
//
// A transaction declares keys, value bytes and code bytes through its read units: each distinct key
// that it touches costs KeyAllowance plus the length of its value, so read units bound all three.
func (p *Params) Declared(i *Item) Declared {
	switch {
	case i.Kind == ItemDeposit:
		return p.declaredDeposit(&i.Deposit)
	case i.Tx == nil:
		return p.declaredSystem()
	}
	return p.declaredTx(i.Tx, int(i.Size))
}

// declaredTx is what a transaction of so many bytes may use.
func (p *Params) declaredTx(t *Tx, size int) Declared {
	units := t.MaxUnits
	units[metering.Data] = uint64(size)
	d := p.declaredReads(units)
	d.CodeBytes = min(uint64(p.MaxTxCodeBytes), units[metering.Read])
	return d
}

// declaredSystem is what a system item may use, and the sums that each step folds at its end.
func (p *Params) declaredSystem() Declared { return p.declaredReads(p.SystemItem) }

// declaredReads derives keys and value bytes from read units.
func (p *Params) declaredReads(units metering.Units) Declared {
	read := units[metering.Read]
	keys := read
	if a := p.keyAllowance(); a > 0 {
		if keys = read / a; read%a != 0 {
			keys++
		}
	}
	return Declared{
		Units:      units,
		Keys:       min(uint64(p.MaxTxKeys), keys),
		ValueBytes: min(uint64(p.MaxTxValueBytes), read),
	}
}

// keyAllowance is the schedule's price of a touched key. Params.Validate admits known versions
// only.
func (p *Params) keyAllowance() uint64 { return metering.V1().KeyAllowance }

// Weight is the largest share of a layer that d takes in any dimension, in parts of 2^20, rounded
// up; 2^64-1 when it does not fit. It is what inclusion is priced by (docs/spec/fees.md).
func (p *Params) Weight(d Declared) uint64 {
	var w uint64
	for i, u := range d.Units {
		w = max(w, share(u, p.Layer[i]))
	}
	return w
}

// share is ceil(u · 2^20 / layer), saturating.
func share(u, layer uint64) uint64 {
	if u == 0 {
		return 0
	}
	hi, lo := bits.Mul64(u, weightScale)
	if hi >= layer {
		return ^uint64(0)
	}
	q, r := bits.Div64(hi, lo, layer)
	if r != 0 && q != ^uint64(0) {
		q++
	}
	return q
}

// add returns the sum of two declarations, saturating.
func (d Declared) add(o Declared) Declared {
	return Declared{
		Units:      d.Units.Add(o.Units),
		Keys:       saturatingAdd(d.Keys, o.Keys),
		ValueBytes: saturatingAdd(d.ValueBytes, o.ValueBytes),
		CodeBytes:  saturatingAdd(d.CodeBytes, o.CodeBytes),
	}
}

func saturatingAdd(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return ^uint64(0)
	}
	return sum
}

// ForcedShare is what the forced transactions of one layer may declare in all.
func (p *Params) ForcedShare() metering.Units {
	share := p.Layer
	for d := range share {
		share[d] /= uint64(max(p.ForcedShareDivisor, 1))
	}
	return share
}

// MaxForced is what one forced transaction may declare: an eighth of the share, so that each layer
// takes several.
func (p *Params) MaxForced() metering.Units {
	u := p.ForcedShare()
	for d := range u {
		u[d] /= 8
	}
	return u
}
