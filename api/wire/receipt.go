package wire

import (
	"crypto/sha256"
	"errors"
	"fmt"

	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/trap"
)

// Executed is a receipt with what its hashes commit to and where it stands.
type Executed struct {
	TxID    rollup.Hash // zero for items that are not transactions
	Layer   uint64
	Receipt rollup.Receipt
	Return  []byte         // Receipt.ReturnHash commits to it
	Events  []rollup.Event // Receipt.EventsRoot commits to them
}

// Receipt converts the record of an executed item.
func Receipt(x *Executed) *athenav1.Receipt {
	r := &x.Receipt
	out := &athenav1.Receipt{
		TxHash:     r.TxHash[:],
		Layer:      x.Layer,
		ItemIndex:  r.ItemIndex,
		Outcome:    Outcome(r.Outcome),
		Trap:       Trap(trap.Code(r.Trap)),
		Reason:     Reason(r.Reason),
		Units:      Units(r.Units),
		Fee:        r.Fee,
		Relay:      r.Relay[:],
		Message:    Text(r.Message),
		ReturnData: x.Return,
		Encoded:    r.Encode(),
	}
	if x.TxID != (rollup.Hash{}) {
		out.TxId = x.TxID[:]
	}
	for i := range x.Events {
		out.Events = append(out.Events, Event(&x.Events[i]))
	}
	return out
}

// ParseReceipt reads an executed item from its canonical encoding, and checks that return data and
// events are what the encoding commits to. Answers that leave both out (a layer's list) are read
// without them. Everything else in the message is for people and is not looked at; that the receipt
// is part of a layer is for the caller to prove.
func ParseReceipt(m *athenav1.Receipt) (*Executed, error) {
	r, err := rollup.DecodeReceipt(m.GetEncoded())
	if err != nil {
		return nil, fmt.Errorf("wire: receipt: %w", err)
	}
	x := &Executed{Layer: m.GetLayer(), Receipt: *r, Return: m.GetReturnData()}
	if id := m.GetTxId(); len(id) > 0 {
		if x.TxID, err = Hash("tx_id", id); err != nil {
			return nil, fmt.Errorf("wire: receipt: %w", err)
		}
	}
	if len(x.Return) > 0 && sha256.Sum256(x.Return) != r.ReturnHash {
		return nil, errors.New("wire: receipt: the return data is not what the receipt commits to")
	}
	if len(m.GetEvents()) == 0 {
		return x, nil
	}
	leaves := make([][]byte, len(m.GetEvents()))
	for i, e := range m.GetEvents() {
		ev, err := ParseEvent(e)
		if err != nil {
			return nil, fmt.Errorf("wire: receipt: event %d: %w", i, err)
		}
		x.Events, leaves[i] = append(x.Events, *ev), ev.Encode()
	}
	if rollup.MMRRoot(leaves) != r.EventsRoot {
		return nil, errors.New("wire: receipt: the events are not what the receipt commits to")
	}
	return x, nil
}

// ParseEvent is the inverse of Event.
func ParseEvent(m *athenav1.Event) (*rollup.Event, error) {
	account, err := Address("account", m.GetAccount())
	if err != nil {
		return nil, err
	}
	e := &rollup.Event{Account: account, Data: m.GetData()}
	for _, b := range m.GetTopics() {
		topic, err := Hash("topic", b)
		if err != nil {
			return nil, err
		}
		e.Topics = append(e.Topics, topic)
	}
	return e, nil
}

// Event converts what a program emitted.
func Event(e *rollup.Event) *athenav1.Event {
	out := &athenav1.Event{Account: e.Account[:], Data: e.Data}
	for i := range e.Topics {
		out.Topics = append(out.Topics, e.Topics[i][:])
	}
	return out
}
