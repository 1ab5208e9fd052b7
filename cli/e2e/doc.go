// Package e2e holds the tests that use tellr as its users do: the whole
// program in a process of its own, the bundled sandbox as the workspace, real
// Postgres behind it. Each test says in its name what a user may rely on.
package e2e
