// Package plan turns what is desired and what is live into a [Plan]: the
// ordered steps that lead from one to the other.
//
// In go the desired resources of engine/config, one snapshot per system and
// what the ledger remembers; out comes pure data that can be written to a
// file, shown, hashed and applied elsewhere. The same input gives the same
// bytes. The package knows no kind of resource, no SQL and no API: providers
// normalise values and word the steps, this package resolves references,
// compares, orders, protects and binds each step to what it read.
package plan
