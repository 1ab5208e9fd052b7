// Package graph orders things by their references, and draws them.
//
// In go resources with their dependencies; out comes a graph of nodes (a
// thing, or a part of it that is made later), a deterministic order, or the
// cycle that forbids one. The package knows no kind.
package graph
