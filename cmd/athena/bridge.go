package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/athenarollup/athena/address"
	athenav1 "github.com/athenarollup/athena/api/athena/v1"
	"github.com/athenarollup/athena/api/l1rpc"
	"github.com/athenarollup/athena/rollup"
	"github.com/athenarollup/athena/sdk/go/literal"
	"github.com/athenarollup/athena/sdk/go/wallet"
)

// l1Poll is how often L1 is asked what became of a transaction.
const l1Poll = 50 * time.Millisecond

var errNoAmount = &usageError{errors.New("bridge: --amount says how much")}

func bridgeCommand() *cli.Command {
	l1Flag := &cli.StringFlag{Name: "l1", Value: defaultL1, EnvVars: []string{"ATHENA_L1"},
		Category: categoryNetwork, Usage: "gRPC `ADDRESS` of an L1 node"}
	amount := &cli.Uint64Flag{Name: "amount", Usage: "smallest units",
		Category: categoryNetwork}
	return &cli.Command{
		Name:  "bridge",
		Usage: "move money from L1 to Athena and back",
		Description: "A key has an account on L1, and a wallet on Athena.\n\nExamples:\n" +
			"  athena bridge deposit --amount 5000\n" +
			"  athena bridge deposit $COUNTER 'increment(5)' --amount 5000\n" +
			"  TX=$(athena bridge withdraw --amount 3000)\n" +
			"  athena bridge status $TX\n" +
			"  athena bridge prove $TX",
		Subcommands: []*cli.Command{
			{
				Name: "deposit", ArgsUsage: "[ADDRESS ['method(ARGS)']]",
				Usage: "lock money on L1 for the own wallet, or for ADDRESS and a call of it; prints the id",
				Flags: append(senderFlags(), l1Flag, amount, &cli.Uint64Flag{Name: "gas",
					Usage: "compute `UNITS` for the call; 0: as much as may be", Category: categoryNetwork}),
				Action: l1Verb(0, 2, (*l1Session).deposit),
			},
			{
				Name: "withdraw", ArgsUsage: "[L1-ACCOUNT]",
				Usage:  "send money to the own L1 account, or to L1-ACCOUNT; prints the transaction id",
				Flags:  append(senderFlags(), amount),
				Action: func(c *cli.Context) error { return withSession(c, 0, 1, (*session).withdraw) },
			},
			{
				Name: "status", ArgsUsage: "TXID",
				Usage:  "what a transaction withdrew, and whether that is final and unlocked",
				Flags:  append(networkFlags(), l1Flag),
				Action: func(c *cli.Context) error { return withSession(c, 1, 1, (*session).withdrawals) },
			},
			{
				Name: "prove", ArgsUsage: "TXID", Usage: "unlock on L1 what a transaction withdrew",
				Flags:  append(senderFlags(), l1Flag),
				Action: l1Verb(1, 1, (*l1Session).prove),
			},
		},
	}
}

func withSession(c *cli.Context, least, most int, verb func(*session) error) error {
	if err := wantArgs(c, least, most); err != nil {
		return err
	}
	s, err := open(c)
	if err != nil {
		return err
	}
	defer s.close()
	return verb(s)
}

// l1Session is a session that talks to L1, too.
type l1Session struct {
	*session
	chain  *l1rpc.Client
	params *rollup.Params
	id     rollup.Hash
	wallet *wallet.Wallet
}

func l1Verb(least, most int, verb func(*l1Session) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		return withSession(c, least, most, func(s *session) error {
			chain, err := l1rpc.Dial(c.String("l1"))
			if err != nil {
				return err
			}
			defer func() { _ = chain.Close() }() // nothing is buffered in the connection
			g, err := chain.Genesis(s.ctx)
			if err != nil {
				return fmt.Errorf("%w; is `athena l1 run` running? --l1 says where", err)
			}
			w, err := s.wallet()
			if err != nil {
				return err
			}
			return verb(&l1Session{s, chain, &g.Params, g.ChainID(), w})
		})
	}
}

// submit sends an L1 transaction and waits for its block.
func (s *l1Session) submit(p rollup.L1Payload) (rollup.Hash, error) {
	a, err := s.chain.Account(s.ctx, s.wallet.L1Address())
	if err != nil {
		return rollup.Hash{}, err
	}
	tx := &rollup.L1Tx{ChainID: s.id, Nonce: a.Nonce, Payload: p}
	tx.Sign(s.wallet.Key)
	id, err := s.chain.Submit(s.ctx, tx)
	if err != nil || s.cli.Bool("no-wait") {
		return id, err
	}
	for {
		st, err := s.chain.TxStatus(s.ctx, id)
		switch {
		case err != nil:
			return id, err
		case st.Reason != rollup.ReasonNone:
			return id, fmt.Errorf("L1 transaction %s was refused: %v", id, st.Reason)
		case st.Height > 0:
			return id, nil
		}
		select {
		case <-s.ctx.Done():
			return id, fmt.Errorf("wait for L1 transaction %s: %w", id, s.ctx.Err())
		case <-time.After(l1Poll):
		}
	}
}

func (s *l1Session) deposit() error {
	to, err := s.addressArgument()
	if err != nil {
		return err
	}
	d := &rollup.Deposit{To: to, Amount: s.cli.Uint64("amount")}
	if d.Amount == 0 {
		return errNoAmount
	}
	if s.cli.Args().Len() == 2 {
		method, args, err := literal.ParseCall(s.cli.Args().Get(1))
		if err != nil {
			return &usageError{err}
		}
		units := s.params.MaxDepositUnits
		if gas := s.cli.Uint64("gas"); gas > 0 {
			units[1] = gas
		}
		d.Attach(rollup.Selector(method), args, units)
	}
	id, err := s.submit(d)
	if err != nil {
		return err
	}
	return s.report(map[string]any{"id": id, "to": to, "amount": fmt.Sprint(d.Amount)}, id.String())
}

func (s *session) withdraw() error {
	w, err := s.wallet()
	if err != nil {
		return err
	}
	to := w.L1Address()
	if s.cli.Uint64("amount") == 0 {
		return errNoAmount
	}
	if s.cli.Args().Present() {
		if to, err = address.Parse(s.cli.Args().First()); err != nil {
			return &usageError{err}
		}
	}
	result, err := s.submit(wallet.Withdraw(to, s.cli.Uint64("amount")))
	if err != nil {
		return err
	}
	return s.report(result, result.TxID.String())
}

type withdrawalDoc struct {
	Layer  uint64          `json:"layer"`
	Index  uint64          `json:"index"`
	From   address.Address `json:"from"`
	To     address.Address `json:"to"`
	Amount uint64          `json:"amount,string"`
	Final  bool            `json:"final"`
	// Unlocked says whether L1 paid it out; absent when L1 was not asked or does not answer.
	Unlocked *bool        `json:"unlocked,omitempty"`
	L1Tx     *rollup.Hash `json:"l1Tx,omitempty"`

	payload []byte
}

// ask returns what the transaction of the first argument withdrew.
func (s *session) ask() ([]withdrawalDoc, error) {
	id, err := rollup.ParseHash(s.cli.Args().First())
	if err != nil {
		return nil, &usageError{err}
	}
	r, err := s.Executor.Withdrawals(s.ctx, &athenav1.WithdrawalsRequest{Id: id[:], Proof: true})
	if err != nil {
		return nil, explain(err)
	}
	docs := []withdrawalDoc{}
	for _, w := range r.GetWithdrawals() {
		d := withdrawalDoc{
			Layer: w.GetLayer(), Index: w.GetIndex(), Amount: w.GetAmount(),
			Final: len(w.GetPayload()) > 0, payload: w.GetPayload(),
		}
		copy(d.From[:], w.GetFrom())
		copy(d.To[:], w.GetTo())
		docs = append(docs, d)
	}
	return docs, nil
}

func (s *session) withdrawals() error {
	docs, err := s.ask()
	if err != nil {
		return err
	}
	if err := s.askL1(docs); err != nil && s.cli.IsSet("l1") {
		return fmt.Errorf("%w; is `athena l1 run` running? --l1 says where", err)
	}
	return s.report(docs, describe(docs))
}

// askL1 fills in which withdrawals L1 paid out. Without --l1 nobody needs an answer.
func (s *session) askL1(docs []withdrawalDoc) error {
	chain, err := l1rpc.Dial(s.cli.String("l1"))
	if err != nil {
		return err
	}
	defer func() { _ = chain.Close() }() // nothing is buffered in the connection
	for i := range docs {
		if !docs[i].Final {
			continue
		}
		spent, err := chain.Spent(s.ctx, docs[i].Layer, docs[i].Index)
		if err != nil {
			return err
		}
		docs[i].Unlocked = &spent
	}
	return nil
}

func describe(docs []withdrawalDoc) (text string) {
	for i := range docs {
		d := &docs[i]
		state := "not final yet"
		switch {
		case d.Unlocked != nil && *d.Unlocked:
			state = "unlocked"
		case d.Final:
			state = "final"
		}
		text += fmt.Sprintf("%d to %s, layer %d, index %d: %s\n", d.Amount, d.To, d.Layer, d.Index, state)
	}
	if text == "" {
		return "it withdrew nothing"
	}
	return text[:len(text)-1]
}

func (s *l1Session) prove() error {
	docs, err := s.ask()
	if err != nil {
		return err
	}
	if len(docs) == 0 {
		return errors.New("bridge prove: the transaction withdrew nothing")
	}
	text := ""
	for i := range docs {
		if !docs[i].Final {
			return fmt.Errorf("bridge prove: layer %d is not final yet; claims take some blocks, "+
				"athena bridge status shows it", docs[i].Layer)
		}
		v, err := rollup.DecodeWithdrawProve(docs[i].payload)
		if err != nil {
			return fmt.Errorf("bridge prove: answer of the executor: %w", err)
		}
		id, err := s.submit(v)
		if err != nil {
			return err
		}
		docs[i].L1Tx = &id
		text += fmt.Sprintf("%d unlocked for %s\n", docs[i].Amount, docs[i].To)
	}
	return s.report(docs, text[:len(text)-1])
}
