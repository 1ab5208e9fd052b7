// Package fake is a small world for the engine's tests: two kinds of
// workspace things and one kind that stands in a database, held in memory. It
// is a complete provider, so that the engine is tested without any of the
// real ones.
package fake
