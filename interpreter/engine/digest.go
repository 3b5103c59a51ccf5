package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// Digest hashes a memory: its mapped bytes with their addresses and permissions. Two memories have
// equal digests iff they map the same bytes with the same contents and the same permission,
// however an engine cuts them into pieces.
type Digest struct {
	h        hash.Hash
	next     uint32
	writable bool
	begun    bool
}

// NewDigest returns the digest of an empty memory.
func NewDigest() *Digest { return &Digest{h: sha256.New()} }

// Add appends the bytes at addr, which lie above all that was added before.
func (d *Digest) Add(addr uint32, b []byte, writable bool) {
	if len(b) == 0 {
		return
	}
	if !d.begun || addr != d.next || writable != d.writable {
		d.boundary(d.next)
		d.boundary(addr)
		flag := byte(0)
		if writable {
			flag = 1
		}
		d.h.Write([]byte{flag})
	}
	d.h.Write(b)
	d.next, d.writable, d.begun = addr+uint32(len(b)), writable, true
}

// Sum ends the digest.
func (d *Digest) Sum() [32]byte {
	d.boundary(d.next)
	return [32]byte(d.h.Sum(nil))
}

func (d *Digest) boundary(addr uint32) {
	d.h.Write(binary.LittleEndian.AppendUint32(nil, addr))
}
