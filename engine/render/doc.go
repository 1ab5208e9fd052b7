// Package render shows plans, events and diagnostics to people and programs.
//
// In go a [plan.Plan], a stream of [resource.Event] or a list of
// [resource.Diagnostic]; out comes text on a writer, the same bytes for the
// same input. All that a text says stands in the data: the package knows no
// kind of resource, no SQL and no API, and reads neither files nor the world.
//
// Whatever comes from outside (names in a live database, messages of an API)
// is made printable first, so that it cannot steer the reader's terminal.
package render
