package executor

import "testing"

// FuzzStoredRecords feeds damaged records of our own stores to their decoders: an error, never a
// panic, and no allocation beyond the input's own size.
func FuzzStoredRecords(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 200))
	key := seqKey(keyJob, 7)
	f.Fuzz(func(_ *testing.T, value []byte) {
		_, _ = decodeMeta(value)
		_, _ = decodeLayerRecord(value)
		_, _ = decodeItem(1, value)
		_, _ = decodeJob(key, value)
		_, _ = decodeIDRecord(value)
		_, _ = decodeDropRecord(value)
		_, _ = decodeLeft(value)
		_, _ = decodeChallenged(value, value)
	})
}
