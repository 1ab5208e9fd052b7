// Package postgres is the provider of everything inside a database: schemas, grants, sequences, enums, functions, tables,
// views, rules and triggers.
//
// In come desired things and one [resource.Snapshot] of a database, as package catalog reads it; out come steps that
// hold the exact SQL. Each kind is one file kind_NAME.go with its table of attributes, and beside it what brings a
// desired thing into the form in which the catalog prints the live one, and the statements for each difference. A
// statement is written as schema.object, quoted where needed, never depends on search_path, and knows the lock it takes
// and how much it touches.
//
// Everything here but Read and Open is a pure function of its input. The package knows no HCL, no workspace and no
// printing; it talks to the database only through packages catalog and session.
package postgres
