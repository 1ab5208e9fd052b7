// Package app knows the kind app: a Databricks App, its binding to a database,
// and its release: the files, command and environment that run.
//
// In go the desired apps; out come one snapshot of them, the calls that make,
// change and remove them, and the steps of a release. A release is
// content-addressed: its folder in the workspace is named by a hash of its
// files, command and environment, so that the path of the active deployment
// alone tells what runs. Local files are read when the plan is made and again
// at apply, which refuses what changed in between. The package knows no other
// kind (what it needs of an instance or a schema comes through references), no
// SQL and no printing.
package app
