package stf

import (
	"fmt"

	"github.com/athenarollup/athena/address"
	"github.com/athenarollup/athena/host/state"
	"github.com/athenarollup/athena/metering"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/rollup/statetree"
)

// Account returns the header of an account; that of an address which nobody paid yet is zero.
func Account(t *statetree.Tree, a address.Address) (state.Header, error) {
	s := state.New(Backend(t))
	h, _ := s.Header(a)
	return h, s.Err()
}

// Prices returns the prices that the last layer end sealed: what the next transaction pays.
func Prices(t *statetree.Tree) (metering.Units, error) {
	s := state.New(Backend(t))
	b, _ := s.System(recordRates)
	if err := s.Err(); err != nil {
		return metering.Units{}, err
	}
	r, err := decodeRates(b)
	if err != nil {
		return metering.Units{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return r.prices, nil
}

// SealedLayer returns the sealed record of a layer; ok is false when the layer is not sealed.
func SealedLayer(t *statetree.Tree, height uint64) (rec *rollup.LayerRecord, ok bool, err error) {
	s := state.New(Backend(t))
	b, ok := s.System(rollup.LayerRecordName(height))
	if err := s.Err(); err != nil || !ok {
		return nil, false, err
	}
	if rec, err = rollup.DecodeLayerRecord(b); err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return rec, true, nil
}
