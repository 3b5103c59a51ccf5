package gdbstub

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// MaxPacket is the longest packet that is read or written, without its frame.
const MaxPacket = 1 << 14

// maxNoise bounds the bytes outside packets that are skipped in a row.
const maxNoise = 1 << 16

// interrupt is the byte by which a debugger asks a running program to stop.
const interrupt = 0x03

// Errors of a session. ErrKilled and ErrClosed end the run.
var (
	ErrKilled = errors.New("gdbstub: killed by the debugger")
	ErrClosed = errors.New("gdbstub: the debugger went away")
)

// Conn is the connection to a debugger.
type Conn interface {
	io.ReadWriter
	// Pending reports whether Read would return at once. It is asked while the program runs.
	Pending() bool
}

// wire frames packets: $data#checksum, acknowledged by + or - until the debugger turns that off.
type wire struct {
	conn  Conn
	r     *bufio.Reader
	noAck bool
}

func newWire(c Conn) *wire { return &wire{conn: c, r: bufio.NewReaderSize(c, 4096)} }

// read returns the data of the next good packet; an interrupt outside packets is skipped.
func (w *wire) read() ([]byte, error) {
	for range maxNoise {
		c, err := w.byte()
		if err != nil {
			return nil, err
		}
		if c != '$' {
			continue
		}
		data, ok, err := w.body()
		if err != nil {
			return nil, err
		}
		if !w.noAck {
			ack := "+"
			if !ok {
				ack = "-"
			}
			if err := w.raw([]byte(ack)); err != nil {
				return nil, err
			}
		}
		if ok || w.noAck {
			return data, nil
		}
	}
	return nil, fmt.Errorf("%w: it sends no packets", ErrClosed)
}

// body reads the rest of a packet. A longer one than MaxPacket is read to its end and is bad.
func (w *wire) body() (data []byte, ok bool, err error) {
	sum, long := byte(0), false
	for {
		c, err := w.byte()
		if err != nil {
			return nil, false, err
		}
		if c == '#' {
			break
		}
		if c == '$' { // a packet within a packet: the first was cut off
			data, sum, long = data[:0], 0, false
			continue
		}
		sum += c
		if long = long || len(data) >= MaxPacket; !long {
			data = append(data, c)
		}
	}
	var want [2]byte
	for i := range want {
		if want[i], err = w.byte(); err != nil {
			return nil, false, err
		}
	}
	hi, ok1 := digit(want[0])
	lo, ok2 := digit(want[1])
	return data, ok1 && ok2 && hi<<4|lo == sum && !long, nil
}

func (w *wire) byte() (byte, error) {
	c, err := w.r.ReadByte()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return c, nil
}

// write sends a packet. The acknowledgement is not waited for: read skips it, and a debugger that
// did not understand asks again.
func (w *wire) write(data string) error {
	sum := byte(0)
	for i := range len(data) {
		sum += data[i]
	}
	return w.raw(fmt.Appendf(nil, "$%s#%02x", data, sum))
}

func (w *wire) raw(b []byte) error {
	if _, err := w.conn.Write(b); err != nil {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	return nil
}

// interrupted reports whether the debugger asks the running program to stop. Acknowledgements are
// skipped; a packet, which no debugger sends to a running program, stops it, too.
func (w *wire) interrupted() (bool, error) {
	for range maxNoise {
		if w.r.Buffered() == 0 && !w.conn.Pending() {
			return false, nil
		}
		b, err := w.r.Peek(1)
		if err != nil {
			return false, fmt.Errorf("%w: %w", ErrClosed, err)
		}
		if b[0] == '$' {
			return true, nil
		}
		if c, err := w.byte(); err != nil || c == interrupt {
			return err == nil, err
		}
	}
	return false, fmt.Errorf("%w: it sends no packets", ErrClosed)
}

func digit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
