// Package golden holds plans that are checked into the repository, and the
// test that checks them: for each case an environment, the live state as it
// was recorded, and the plan as text and as JSON. docs/goldens.md tells how.
package golden
