// Package session connects to a Postgres database, runs a stage's steps in it,
// and keeps the ledger and the lock there.
//
// In: a resource.Endpoint, and steps whose statements are complete but for
// holes. Out: a database in which a stage's work and the ledger's record of it
// are there together, or neither is.
//
// # The hold
//
// A run has one connection in a database for as long as it lasts. It has the
// environment's advisory lock, and everything is done and written on it: who
// has lost the lock can do nothing. It gives signs of life, without which the
// server ends it. Between steps it is made anew where it was lost, if the lock
// is free.
//
// # Database stage
//
// One transaction. Nothing is visible before COMMIT; so a process killed at
// any point leaves nothing behind, and a connection lost at COMMIT leaves the
// outcome in doubt (ErrInDoubt), which the next read settles. DDL waits for a
// lock five seconds at most, so that no application queues behind it; when
// that is not enough the transaction starts again from its first statement.
//
// # Online stage
//
// What cannot run in a transaction, statement by statement; each is there as
// soon as it is done.
//
// # The ledger
//
// Schema tellr. A session writes to it in its transaction; a Ledger writes in
// one of its own what no transaction did. ledger.sql makes it and brings older
// ones forward.
//
// # Secrets
//
// A hole that is filled from a secret's source is filled only in what goes to
// the server. Messages show the source in its place, and what the server says
// is searched for the value.
//
// The package decides nothing: it does not know what a statement is for.
package session
