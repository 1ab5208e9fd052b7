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
//	table, sequence, collation    schema, name
//	view, materialized_view       the same
//	enum, domain, composite_type, range_type   the same
//	extension, event_trigger      name
//	function, procedure, aggregate   schema, name; types (of the input arguments, as far as
//	                              they are known without the server), or arguments and order_by as they were read;
//	                              sole where the asker has no other function of that name: then the only one is it
//	trigger, policy, rule         table (as sqltext.Qualified), name
//	grants                        schema, to (a text or a list of texts; unknown grantees are left out), exclusive, for, grantor;
//	                              without a schema it is about the database
//	role                          name; members, member_of (of whom to tell), exclusive
//
// A ledger entry is located by the same fields of its attributes, under the
// address that the scope's moves give it. One that another transaction than its
// own wrote is told as copied. A table has
// partition_of and inherits besides: the parents that it is to have, by which
// its shape is told.
//
// # Renames
//
// Locate may hold former (the fields that differed) and former_values (of an
// enum). What is not there under its own name, but under that one or under the
// one that the ledger has, is going to be renamed. The snapshot then tells of
// everything else under the new names: what refers to the thing does not
// change by it. Only the thing itself has its former name and schema. A kind
// takes part by the rename of its reader; without one its things are found, and
// what refers to them is told as it is now. Facts.Both are the things that are
// there under both names.
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
// goes by its plain name, another by its qualified one. The transition tables
// of a trigger (old_table, new_table) are always read. A function of pg_catalog
// goes by its plain name too (in support, difference and the functions of an
// aggregate). A body in the form of the SQL standard is as
// pg_get_function_sqlbody prints it.
//
// How a thing is kept (storage parameters, tablespace, compression, targets)
// is there where it differs from the default of its type, table or database;
// toast.x in a table's with is an option of its TOAST table. The elements of
// an exclusion constraint are as pg_get_constraintdef prints them. A policy's
// to is left out for PUBLIC. Not-null constraints (from Postgres 18) show by
// their name, unless it is the usual one; one that is not valid, not inherited
// or has a comment is listed as undeclared, and so are statistics that stand
// in another schema than their table.
//
// A query, and the condition and commands of a rule, are as the server prints
// them, without a semicolon at the end; names that were given in front of a
// query stand in it. with_data is there where a materialised view has no rows.
//
// A partitioned table has partition_by. A partition has partition_of, values and
// of columns, constraints and indexes only what its parent does not give it; a
// child has inherits, and the same. Where the parent is not among those that the
// table is to have, all of them are told, as they will be its own.
//
// In grants, effective holds what each grantee has and does not own, in order;
// default privileges are those of the schema and of roles whose rights the
// deployer has. A grants block that gives nothing is not there.
//
// # Views and what hangs on things
//
// What a view or rule will be is asked as a whole (Ask.Built), with the
// declared things that it names (Ask.Stands); see built.go. Facts.Dependencies
// tells what hangs on relations, columns, functions, types and collations.
//
// # Not seen
//
// Members of extensions, system schemas, and as grantees or owners of default
// privileges the platform's roles (pg_*, databricks_*, cloud_admin).
//
// The package knows nothing of desired state beyond those texts, writes
// nothing that outlives a read, and must not import the provider above it.
package catalog
