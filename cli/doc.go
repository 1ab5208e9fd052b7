// Package cli is the command line: one file a command, each from flags to an
// options struct to a call of the engine to a printer.
//
// In go arguments and an [IO]; out come text on its streams and an exit
// status. Results go to standard output; progress, questions and diagnostics
// to standard error. The package wires the providers into the engine
// (wiring.go) and does not know how a resource works.
package cli
