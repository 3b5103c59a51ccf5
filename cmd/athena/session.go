package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/internal/devnet"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/client"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// Where `athena dev` listens unless told otherwise.
const (
	defaultRelay    = "127.0.0.1:7710"
	defaultExecutor = "127.0.0.1:7711"
)

const categoryNetwork, categoryOutput = "Network", "Output"

// networkFlags are shared by every verb that talks to daemons.
func networkFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "relay", Usage: "gRPC `ADDRESS` of a relay", Value: defaultRelay,
			EnvVars: []string{"ATHENA_RELAY"}, Category: categoryNetwork},
		&cli.StringFlag{Name: "executor", Usage: "gRPC `ADDRESS` of an executor", Value: defaultExecutor,
			EnvVars: []string{"ATHENA_EXECUTOR"}, Category: categoryNetwork},
		&cli.DurationFlag{Name: "timeout", Usage: "give up after `D`", Value: 30 * time.Second,
			EnvVars: []string{"ATHENA_TIMEOUT"}, Category: categoryNetwork},
		jsonFlag(),
	}
}

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print one JSON document on stdout", Category: categoryOutput}
}

// senderFlags are shared by the verbs that sign.
func senderFlags() []cli.Flag {
	return append(networkFlags(),
		&cli.StringFlag{Name: "key", Value: "dev0", EnvVars: []string{"ATHENA_KEY"}, Category: categoryNetwork,
			Usage: "sign with `KEY`: dev0 to dev9 on a development network, or a file with 64 hex digits"},
		&cli.BoolFlag{Name: "no-wait", Category: categoryOutput,
			Usage: "return when the relay has accepted the transaction"},
	)
}

// session is what a verb works with.
type session struct {
	*client.Client
	ctx    context.Context
	cancel context.CancelFunc
	cli    *cli.Context
}

func open(c *cli.Context) (*session, error) {
	conn, err := client.Dial(c.String("relay"), c.String("executor"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context, c.Duration("timeout"))
	return &session{Client: conn, ctx: ctx, cancel: cancel, cli: c}, nil
}

func (s *session) close() {
	s.cancel()
	_ = s.Close() // nothing is buffered in the connections
}

// explain adds what to do to the failures that every verb can meet.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case client.IsTimeout(err):
		return fmt.Errorf("%w; a longer --timeout gives it more time", err)
	case client.IsUnavailable(err):
		return fmt.Errorf("%w; is `athena dev` running? --relay and --executor say where", err)
	}
	return err
}

// wallet reads the key that --key names.
func (s *session) wallet() (*wallet.Wallet, error) {
	name := s.cli.String("key")
	if digits, ok := strings.CutPrefix(name, "dev"); ok {
		if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < devnet.Accounts {
			return devnet.Account(devnet.DefaultSeed, i), nil
		}
	}
	text, err := readFile(name)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--key %q is neither dev0 to dev%d nor a readable file: %w",
			name, devnet.Accounts-1, err)}
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, &usageError{fmt.Errorf("--key: file %q: want %d hex digits", name, 2*ed25519.SeedSize)}
	}
	return &wallet.Wallet{Key: ed25519.NewKeyFromSeed(seed), Template: devnet.WalletTemplate()}, nil
}

// submit prepares, signs and sends a transaction, and waits for its receipt unless --no-wait is given.
func (s *session) submit(calls ...rollup.Call) (*sent, error) {
	w, err := s.wallet()
	if err != nil {
		return nil, err
	}
	tx, err := s.Prepare(s.ctx, w, calls...)
	if err != nil {
		return nil, explain(err)
	}
	id, err := s.Submit(s.ctx, tx)
	if err != nil {
		return nil, explain(err)
	}
	out := &sent{TxID: id, Stage: "accepted", wallet: w}
	if s.cli.Bool("no-wait") {
		return out, nil
	}
	st, err := s.Wait(s.ctx, id, athenav1.Stage_STAGE_EXECUTED)
	if err != nil {
		return nil, explain(err)
	}
	out.fill(st)
	return out, out.err()
}

// sent is what became of a transaction.
type sent struct {
	TxID    rollup.Hash `json:"txId"`
	Stage   string      `json:"stage"`
	Layer   uint64      `json:"layer,omitempty"`
	Outcome string      `json:"outcome,omitempty"`
	Trap    string      `json:"trap,omitempty"`
	Reason  string      `json:"reason,omitempty"`
	Message string      `json:"message,omitempty"`
	GasUsed uint64      `json:"gasUsed,string,omitempty"`
	Fee     uint64      `json:"fee,string,omitempty"`
	Return  string      `json:"return,omitempty"`
	Events  []event     `json:"events,omitempty"`
	Address string      `json:"address,omitempty"`

	wallet     *wallet.Wallet
	returnData []byte
}

type event struct {
	Account address.Address `json:"account"`
	Topics  []string        `json:"topics"`
	Data    string          `json:"data"`
}

func (r *sent) fill(st *athenav1.StatusResponse) {
	r.Stage = stageName(st.GetStage())
	r.Layer, r.Reason = st.GetLayer(), st.GetReason()
	receipt := st.GetReceipt()
	if receipt == nil {
		return
	}
	r.Outcome, r.Trap, r.Message = receipt.GetOutcome(), receipt.GetTrap(), receipt.GetMessage()
	if r.Reason == "" {
		r.Reason = receipt.GetReason()
	}
	r.GasUsed, r.Fee = receipt.GetUnits().GetCompute(), receipt.GetFee()
	r.returnData = receipt.GetReturnData()
	r.Return = hex0x(r.returnData)
	for _, e := range receipt.GetEvents() {
		ev := event{Data: hex0x(e.GetData()), Topics: []string{}}
		copy(ev.Account[:], e.GetAccount())
		for _, t := range e.GetTopics() {
			ev.Topics = append(ev.Topics, hex0x(t))
		}
		r.Events = append(r.Events, ev)
	}
}

// err says why the transaction did not do what it should; nil when it did.
func (r *sent) err() error {
	switch {
	case r.Stage == "dropped":
		return &trapError{text: fmt.Sprintf("transaction %s was dropped: %s", r.TxID, r.Reason)}
	case r.Outcome == "" || r.Outcome == "success":
		return nil
	}
	text := fmt.Sprintf("transaction %s %s in layer %d", r.TxID, r.Outcome, r.Layer)
	for _, s := range []string{r.Trap, r.Reason, r.Message} {
		if s != "" {
			text += ": " + s
		}
	}
	return &trapError{trap: r.Trap, text: text}
}

func stageName(s athenav1.Stage) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "STAGE_"))
}

func hex0x(b []byte) string { return "0x" + hex.EncodeToString(b) }

// report prints a result: the JSON document, or one value for people and scripts.
func (s *session) report(doc any, text string) error {
	if s.cli.Bool("json") {
		return printJSON(s.cli, doc)
	}
	_, err := fmt.Fprintln(s.cli.App.Writer, text)
	return err
}

func printJSON(c *cli.Context, doc any) error {
	enc := json.NewEncoder(c.App.Writer)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

// wantArgs checks the number of positional arguments.
func wantArgs(c *cli.Context, least, most int) error {
	if n := c.Args().Len(); n < least || n > most {
		return &usageError{fmt.Errorf("%s takes %s; athena help %s shows how",
			c.Command.Name, c.Command.ArgsUsage, c.Command.Name)}
	}
	return nil
}
