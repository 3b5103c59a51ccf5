package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

// peer is a worker seen from the outside.
type peer struct {
	kind     *kind
	requests *json.Encoder
	replies  *json.Decoder
	// end tells the worker that there is no more to do and waits for it.
	end func() error
}

// ask has the worker do one turn.
func (p *peer) ask(q request) (r reply, err error) {
	if err := p.requests.Encode(q); err != nil {
		return r, errors.Join(fmt.Errorf("rivals: %s: %w", p.kind.name, err), p.end())
	}
	if err := p.replies.Decode(&r); err != nil {
		return r, errors.Join(fmt.Errorf("rivals: %s: %w", p.kind.name, err), p.end())
	}
	if r.Err != "" {
		return r, errors.New(r.Err)
	}
	return r, nil
}

// spawn starts a worker in a process of its own, which ends with ctx.
func spawn(ctx context.Context, k *kind, dir string, cfg config) (*peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("rivals: find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "-worker", k.name, "-dir", dir,
		"-keys", strconv.Itoa(cfg.keys), "-seed", strconv.FormatUint(cfg.seed, 10))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("rivals: start a worker: %w", err)
	}
	return connect(k, in, out, cmd.Wait), nil
}

// connect returns the peer at the other end of two pipes.
func connect(k *kind, in io.WriteCloser, out io.Reader, wait func() error) *peer {
	end := sync.OnceValue(func() error { return errors.Join(in.Close(), wait()) })
	return &peer{k, json.NewEncoder(in), json.NewDecoder(out), end}
}
