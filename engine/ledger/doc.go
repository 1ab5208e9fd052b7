// Package ledger says what is remembered of an apply, when it is written, and
// how it is asked.
//
// In go a run and what becomes of its steps; out comes what each database's
// ledger is told: before a call that may end in doubt that it begins, after it
// how it ended, and in the transaction of a change the change itself. A Book
// also holds the lock of the environment in each of these databases, from
// before the first look until the run is over.
//
// The package knows no SQL: the store and the lock are of the provider whose
// systems remember, a [resource.Keeper].
package ledger
