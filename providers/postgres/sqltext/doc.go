// Package sqltext writes the small pieces that SQL statements are made of: identifiers, string literals, qualified
// names and dollar-quoted bodies. Whatever text goes in, what comes out is one token of SQL, or several where the name
// says so: a name with quotes or a semicolon in it stays a name.
//
// The package knows no statement and no catalog.
package sqltext
