// Package lakebase turns a plain Postgres cluster into what Lakebase gives: its system roles, database
// databricks_postgres, an owner who is no superuser, identity roles that log in by token, and the managed event triggers
// that grant every new object to the system roles.
//
// In: a cluster and role names. Out: a Server that the API and the gateway ask about roles and databases. It knows
// nothing of HTTP, tokens or resources of the workspace. Rules are marked with where they are known from: [doc] the
// Databricks documentation, [inferred] reasoning.
package lakebase
