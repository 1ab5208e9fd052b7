// Package config reads an environment: its HCL file, the files that it
// includes, the values of its variables. It yields desired resources.
//
// In go the name of the environment file, the table of kinds, and the values
// given on the command line. Out comes an [Environment]: every block decoded
// by its kind's table, for_each expanded, references checked and resolved to
// addresses, defaults filled in, every value with its place in a file. What is
// known only after an earlier step, and every secret, is a hole: no secret is
// ever inside a value or a message, and env("X") never reads X.
//
// [Load] reports all errors of all files in one run, each with its place, its
// source line, why it is one and what to do, beside whatever could be read.
//
// The package evaluates expressions itself, on [resource.Value], and asks cty
// only for functions and operators on values that are wholly known. So holes,
// source order and places survive locals, variables, for_each and templates by
// construction, and a hole cannot slip into a function or a condition: there
// is no cty value that it could become. cty does not leave the package.
//
// Files are cut into blocks by their first and last lines; a block is parsed
// when it is needed, by a small parser if it is plain and else by HCL's, and its
// syntax is dropped when it is decoded. That is for speed and memory only: a
// test keeps the result equal, place by place, to that of HCL's parser.
//
// Paths in include are relative to the folder of the environment file; paths in
// file, templatefile and fileset to the file that they are written in. Those
// three do not leave the repository: the nearest folder with a .git above the
// environment file, or else the parent of its folder.
//
// The package must not know any kind, any live system, the environment's
// variables (other than TELLR_VAR_*, through [Options]), or how messages are
// printed. The same files and options give the same result.
package config
