package interpreter

//go:generate go run ./gen
