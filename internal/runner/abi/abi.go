// Package abi reads the description of a contract, the JSON of its section .athena.abi, and shows
// encoded arguments, results and events by it.
//
// It is not part of consensus and checks no contract: where description and bytes differ, it says
// that it cannot show them, and its caller shows hex. Types are those that the SDK writes: integers,
// bool, String, Address, Vec<T>, Option<T>, [T;N], (T,…), Name{field:T,…} and Name<Variant…,…>.
package abi

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Contract describes a contract.
type Contract struct {
	Version int      `json:"abi"`
	Name    string   `json:"name"`
	Docs    string   `json:"docs"`
	State   []Field  `json:"state"`
	Methods []Method `json:"methods"`
	Events  []Event  `json:"events"`
}

// Field is a named value.
type Field struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Indexed bool   `json:"indexed,omitempty"`
}

// Method describes a method.
type Method struct {
	Name          string  `json:"name"`
	Selector      string  `json:"selector"` // 8 hex digits
	Docs          string  `json:"docs"`
	Receiver      bool    `json:"receiver"`
	PrincipalOnly bool    `json:"principalOnly"`
	Args          []Field `json:"args"`
	Returns       string  `json:"returns"`
	Error         string  `json:"error,omitempty"`
}

// Event describes an event.
type Event struct {
	Name   string  `json:"name"`
	Topic  string  `json:"topic"` // 64 hex digits
	Docs   string  `json:"docs"`
	Fields []Field `json:"fields"`
}

// Parse reads a description; nil and no error if there is none.
func Parse(section []byte) (*Contract, error) {
	if len(section) == 0 {
		return nil, nil
	}
	c := new(Contract)
	if err := json.Unmarshal(section, c); err != nil {
		return nil, fmt.Errorf("abi: section .athena.abi is no description: %w", err)
	}
	return c, nil
}

// Method returns the method with the given selector. A nil contract has none.
func (c *Contract) Method(selector [4]byte) (Method, bool) {
	if c == nil {
		return Method{}, false
	}
	want := hex.EncodeToString(selector[:])
	for _, m := range c.Methods {
		if m.Selector == want {
			return m, true
		}
	}
	return Method{}, false
}

// Event returns the event with the given first topic. A nil contract has none.
func (c *Contract) Event(topic [32]byte) (Event, bool) {
	if c == nil {
		return Event{}, false
	}
	want := hex.EncodeToString(topic[:])
	for _, e := range c.Events {
		if e.Topic == want {
			return e, true
		}
	}
	return Event{}, false
}

// Values shows fields that are encoded one after the other; false if b is not exactly that.
func Values(fields []Field, b []byte, n Namer) ([]string, bool) {
	r := newReader(b, n)
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = r.value(f.Type)
	}
	return out, r.done()
}

// Value shows one value; false if b is not exactly that.
func Value(typ string, b []byte, n Namer) (string, bool) {
	r := newReader(b, n)
	s := r.value(typ)
	return s, r.done()
}

// Show shows an event; false if topics or data do not fit the description.
func (e Event) Show(topics [][32]byte, data []byte, n Namer) (string, bool) {
	r := newReader(data, n)
	parts := make([]string, len(e.Fields))
	next := 1
	for i, f := range e.Fields {
		if !f.Indexed {
			parts[i] = r.value(f.Type)
			continue
		}
		if next >= len(topics) {
			return "", false
		}
		// A topic is the encoding with zeros after it, or the hash of a longer one.
		topic := newReader(topics[next][:], n)
		if parts[i] = topic.value(f.Type); topic.bad {
			parts[i] = "0x" + hex.EncodeToString(topics[next][:])
		}
		next++
	}
	if !r.done() || next != max(len(topics), 1) {
		return "", false
	}
	return e.Name + "(" + strings.Join(parts, ", ") + ")", true
}

// Signature is name(arg: type, …), with the type of the result if it has one.
func (m Method) Signature() string {
	text := m.Name + fieldList(m.Args)
	if m.Returns != "" && m.Returns != "()" {
		text += " -> " + m.Returns
	}
	return text
}

// Signature is Name(field: type, …).
func (e Event) Signature() string { return e.Name + fieldList(e.Fields) }

func fieldList(fields []Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name + ": " + f.Type
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
