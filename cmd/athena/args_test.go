package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"
)

func TestFlagsFirst(t *testing.T) {
	t.Parallel()
	commands := []*cli.Command{{Name: "send", Aliases: []string{"s"}, Flags: []cli.Flag{
		&cli.StringFlag{Name: "key"}, &cli.BoolFlag{Name: "json", Aliases: []string{"j"}},
	}}}
	tests := []struct{ in, want string }{
		{"athena", "athena"},
		{"athena send", "athena send"},
		{"athena send a b", "athena send -- a b"},
		{"athena send a --key dev1 b", "athena send --key dev1 -- a b"},
		{"athena send a --key=dev1 b", "athena send --key=dev1 -- a b"},
		{"athena send a --json b", "athena send --json -- a b"},
		{"athena s a -j b", "athena s -j -- a b"},
		{"athena send --json", "athena send --json"},
		{"athena send a -- --json", "athena send -- a --json"},
		{"athena send a --key", "athena send --key -- a"},
		{"athena other a --x b", "athena other --x -- a b"},
	}
	for _, tt := range tests {
		require.Equal(t, strings.Fields(tt.want), flagsFirst(strings.Fields(tt.in), commands), tt.in)
	}
}
