package stf

import (
	"crypto/sha256"

	"github.com/athenarollup/athena/rollup"
)

// eventsRoot commits to the events of an item.
func eventsRoot(events []rollup.Event) rollup.Hash {
	leaves := make([][]byte, len(events))
	for i := range events {
		leaves[i] = events[i].Encode()
	}
	return rollup.MMRRoot(leaves)
}

// returnHash commits to the data that an item's last call returned.
func returnHash(data []byte) rollup.Hash {
	if len(data) == 0 {
		return rollup.Hash{}
	}
	return sha256.Sum256(data)
}
