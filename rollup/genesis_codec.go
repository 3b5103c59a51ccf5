package rollup

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/scale"
)

// GenesisVersion is the version byte of the only format of a genesis.
const GenesisVersion = 1

// Limits of a genesis; they cannot be parameters, which are inside.
const (
	maxGenesisBytes = 64 << 20
	maxNameBytes    = 32
	maxTemplates    = 1_024
	maxAllocations  = 1 << 20
	allocationBytes = address.Size + 8
)

// Encode returns the canonical encoding, in field order.
func (g *Genesis) Encode() []byte {
	var e scale.Encoder
	e.U8(GenesisVersion)
	e.Bytes([]byte(g.Name))
	e.U64(g.Time)
	g.Params.encode(&e)
	e.Len(len(g.Templates))
	for _, code := range g.Templates {
		e.Bytes(code)
	}
	encodeAllocations(&e, g.Allocations)
	encodeAllocations(&e, g.L1)
	e.Raw(g.Governor[:])
	e.Raw(g.StateRoot[:])
	return e.B
}

// ChainID names the network.
func (g *Genesis) ChainID() Hash { return digest(domainGenesis, g.Encode()) }

// DecodeGenesis reads what Encode wrote; it does not validate. The result aliases b. The error
// wraps a *RefusedError.
func DecodeGenesis(b []byte) (*Genesis, error) {
	if err := tooLarge("genesis", len(b), maxGenesisBytes); err != nil {
		return nil, err
	}
	g := new(Genesis)
	d := scale.NewDecoder(b)
	version(d, GenesisVersion)
	g.Name = string(d.Bytes(maxNameBytes))
	g.Time = d.U64()
	g.Params.decode(d)
	if n := count(d, maxTemplates, 1); n > 0 {
		g.Templates = make([][]byte, n)
	}
	for i := range g.Templates {
		g.Templates[i] = vector(d, maxGenesisBytes)
	}
	g.Allocations = decodeAllocations(d)
	g.L1 = decodeAllocations(d)
	d.Fill(g.Governor[:])
	d.Fill(g.StateRoot[:])
	if err := finish("genesis", d); err != nil {
		return nil, err
	}
	return g, nil
}

// Validate returns everything that is wrong with the genesis. Whether the templates are programs,
// and the state root right, is stf.Genesis's to say.
func (g *Genesis) Validate() error {
	var c complaints
	c.check(g.Name != "" && len(g.Name) <= maxNameBytes,
		"name has %d bytes; give it 1 to %d", len(g.Name), maxNameBytes)
	c.check(len(g.Templates) <= maxTemplates,
		"%d templates, at most %d allowed", len(g.Templates), maxTemplates)
	seen := make(map[address.Address]int, len(g.Templates))
	for i, code := range g.Templates {
		c.check(len(code) > 0 && len(code) <= int(g.Params.MaxCodeBytes),
			"template %d has %d bytes; 1 to %d allowed", i, len(code), g.Params.MaxCodeBytes)
		a := address.OfTemplate(address.CodeHash(code))
		first, twice := seen[a]
		c.check(!twice, "template %d is template %d again", i, first)
		seen[a] = i
	}
	var sum uint64
	sum = c.allocations("Athena", g.Allocations, sum)
	c.allocations("L1", g.L1, sum)
	if err := g.Params.Validate(); err != nil {
		c = append(c, err)
	}
	return errors.Join(c...)
}

// allocations checks one list; sum is what the lists before it give.
func (c *complaints) allocations(what string, list []Allocation, sum uint64) uint64 {
	c.check(len(list) <= maxAllocations,
		"%d %s allocations, at most %d allowed", len(list), what, maxAllocations)
	seen := make(map[address.Address]bool, len(list))
	for i, a := range list {
		c.check(!a.Address.IsZero(), "%s allocation %d is to the zero address", what, i)
		c.check(!seen[a.Address], "%s allocation %d is the second to %s", what, i, a.Address)
		seen[a.Address] = true
		total, carry := bits.Add64(sum, a.Amount, 0)
		if c.check(carry == 0, "allocations above 2^64-1 in all, at %s allocation %d", what, i) {
			sum = total
		}
	}
	return sum
}

func encodeAllocations(e *scale.Encoder, list []Allocation) {
	e.Len(len(list))
	for i := range list {
		e.Raw(list[i].Address[:])
		e.U64(list[i].Amount)
	}
}

func decodeAllocations(d *scale.Decoder) []Allocation {
	n := count(d, maxAllocations, allocationBytes)
	if n == 0 {
		return nil
	}
	list := make([]Allocation, n)
	for i := range list {
		d.Fill(list[i].Address[:])
		list[i].Amount = d.U64()
	}
	return list
}

// complaints collects what is wrong with a configuration.
type complaints []error

// check adds a complaint unless ok, and returns ok.
func (c *complaints) check(ok bool, format string, args ...any) bool {
	if !ok {
		*c = append(*c, fmt.Errorf("rollup: "+format, args...))
	}
	return ok
}
