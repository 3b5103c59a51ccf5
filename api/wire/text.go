package wire

import "strings"

// Text makes a string of bytes that a program chose, such as an abort message. A protobuf string
// must be valid UTF-8: a server that tried to send another would fail the whole answer.
func Text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
