// Package catalog reads a Postgres database in bulk and puts texts into the
// server's own form.
//
// In: a connection and a resource.Scope, whose Wanted say which things to look
// for and whose Ask holds the expressions to canonicalise. Out: one
// resource.Snapshot: the things in the canonical shape of their kinds, the
// ledger's entries, the names of what nobody declared, and Facts.
//
// # One read
//
// A read is one message to the server and one answer: a REPEATABLE READ, READ
// ONLY transaction of a constant number of queries (see read.sql), each
// limited to the schemas that the scope or the ledger names, with search_path
// = pg_catalog so that every name is printed qualified. Only if the scope asks
// for expressions that are neither the live text at the same place nor known
// to the ledger, a second message follows: a transaction that builds them in
// pg_temp, asks for the server's text, and is rolled back.
//
// # Locating
//
// Wanted.Locate holds the attributes by which a thing is found, as texts:
//
//	schema                        name
//	table, sequence, enum         schema, name
//	function                      schema, name; arguments (a list of text) where there are overloads
//	trigger                       table (as sqltext.Qualified), name
//	grants                        schema, to (a text or a list of texts; unknown grantees are left out), exclusive, for, grantor;
//	                              without a schema it is about the database
//	role                          name; members, member_of (of whom to tell), exclusive
//
// A ledger entry is located by the same fields of its attributes.
//
// # Shapes
//
// An attribute that is absent, false, or what Postgres takes when nothing is
// said, has no field: NO ACTION, MATCH SIMPLE, btree, ORIGIN, VOLATILE, a level
// of STATEMENT, a sequence's options, cost and rows. Always there are names, the
// schema, owner, a function's returns, language and body, a primary key's name,
// a foreign key's ref_columns. not_null is left out where it follows (primary
// key, serial, identity). initially_deferred comes with deferrable. identity is
// "by default", or an object with always and options. A collation of pg_catalog
// goes by its plain name, another by its qualified one. deferrable of a primary
// key, virtual of a generated column, and the transition tables of a trigger
// (old_table, new_table) are read although no file can declare them: they show
// as differences rather than pass in silence. Exclusion constraints are listed
// as undeclared.
//
// In grants, effective holds what each grantee has and does not own, in order;
// default privileges are those of the schema and of roles whose rights the
// deployer has. A grants block that gives nothing is not there.
//
// # Not seen
//
// Members of extensions, system schemas, and as grantees or owners of default
// privileges the platform's roles (pg_*, databricks_*, cloud_admin).
//
// The package knows nothing of desired state beyond those texts, writes
// nothing that outlives a read, and must not import the provider above it.
package catalog
