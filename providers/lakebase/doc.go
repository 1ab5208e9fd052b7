// Package lakebase knows the kind instance: a Lakebase project that scales by
// itself, the older provisioned instance, and any plain Postgres by its URL.
// It also says how to reach the databases that these host.
//
// In go the desired instances; out come one snapshot of them all, the calls
// that make, change and remove them, and endpoints with fresh credentials. A
// project's implicit objects (branch production, endpoint primary, database
// databricks_postgres) are adopted: read, and changed where they differ, never
// created. A plain Postgres, or an instance with existing = true, is never
// changed; an environment of only plain ones builds no client and needs no
// login. The package knows no other kind, no SQL and no printing.
package lakebase
