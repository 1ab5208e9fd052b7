// Package session connects to a Postgres database, runs a stage's steps in it,
// and keeps the ledger there.
//
// In: a resource.Endpoint, and steps whose statements are complete but for
// holes. Out: a database in which a stage's work and the ledger's record of it
// are there together, or neither is.
//
// # Database stage
//
// One connection, one transaction, one advisory lock that dies with the
// connection. Nothing is visible before COMMIT; so a process killed at any
// point leaves nothing behind, and a connection lost at COMMIT leaves the
// outcome in doubt (ErrInDoubt), which the next read settles. DDL waits for a
// lock five seconds at most, so that no application queues behind it; when
// that is not enough the transaction starts again from its first statement.
//
// # Online stage
//
// What cannot run in a transaction, statement by statement; each is there as
// soon as it is done, and so is its record.
//
// # Secrets
//
// A hole that is filled from a secret's source is filled only in what goes to
// the server. Messages show the source in its place, and what the server says
// is searched for the value.
//
// The package decides nothing: it does not know what a statement is for.
package session
