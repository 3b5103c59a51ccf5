package trace

import "encoding/json"

// quoteJSON is s as a JSON string.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("BUG: trace: a string is not marshalled: " + err.Error())
	}
	return string(b)
}
