// Package diff compares, attribute by attribute, what was last applied, what
// is desired and what is live.
//
// In go three values of one thing in the same canonical form and the kind's
// table; out comes the list of changes, each labelled by who moved: the files,
// the world, or both. The package is pure. It knows no kind: what a field does
// (unset means unmanaged, order does not count, a change replaces) is read
// from the table.
package diff
