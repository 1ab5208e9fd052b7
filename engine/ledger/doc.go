// Package ledger says what tellr remembers of an environment and how it is
// asked: which things it made or adopted, what was last applied to each, and
// which runs did it. The ledger is advice, the live world is the truth: an
// environment whose ledger is lost plans the same creates and updates, and
// drops nothing.
//
// The package holds the vocabulary only. Where the ledger is kept, in schema
// tellr of the target database, is the Postgres provider's.
package ledger
