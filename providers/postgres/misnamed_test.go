package postgres_test

import (
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

// A query that names what is not there is refused.
func TestViewTypo(t *testing.T) {
	w := &workspace{dsn: database(t)}
	for query, want := range map[string]string{
		"SELECT id FROM s.dosc":      "view.ids names a relation that is not there, and will not be; did you mean s.docs?",
		"SELECT di FROM s.docs":      "view.ids names a column that is not there, and will not be; did you mean id?",
		"SELECT d.idd FROM s.docs d": "view.ids names a column that is not there, and will not be; did you mean id?",
		"SELECT title FROM s.docs":   "view.ids names a column that is not there, and will not be; name one that the tables",
		"SELECT id FROM docs":        "view.ids names a relation that is not there, and will not be; did you mean s.docs?",
	} {
		notes := refused(t, w, load(t, strings.Replace(starBefore, "SELECT id FROM s.docs", query, 1)))
		if len(notes) != 1 || notes[0].Severity != resource.Error || !strings.HasPrefix(notes[0].Summary+"; "+notes[0].Cure, want) || !strings.Contains(notes[0].Detail, "does not exist") {
			t.Errorf("%s: %v", query, notes)
		}
	}
}

// A type, function or collation that nobody knows and nothing makes is refused, once, of new columns as of changed ones.
func TestMisnamed(t *testing.T) {
	const files = `
schema "s" { instance = instance.main }
enum "state" {
  schema = schema.s
  values = ["open", "done"]
}
range_type "span" {
  schema          = schema.s
  subtype         = "int"
  multirange_name = "spans"
}
table "docs" {
  schema  = schema.s
  columns = {
    id = { type = "int" }
    r  = { type = "s.spans[]" }
    e  = { type = "s.state[][]" }
    NEW
  }
}
`
	w := &workspace{dsn: database(t)}
	run(t, w, load(t, strings.Replace(files, "NEW", `old = { type = "int" }`, 1)), false)
	for column, want := range map[string]string{
		`new = { type = "intt" }`:                          "the type of column new of table.docs cannot be \"intt\"; did you mean int?",
		`old = { type = "intt" }`:                          "the type of column old of table.docs cannot be \"intt\"; did you mean int?",
		`new = { type = "s.stat" }`:                        "the type of column new of table.docs cannot be \"s.stat\"; did you mean s.state?",
		`new = { type = "int", default = "naw()" }`:        "the default of column new of table.docs cannot be \"naw()\"; write it with its schema",
		`new = { type = "text", default = "nowhere.f()" }`: "the default of column new of table.docs cannot be \"nowhere.f()\"; declare that schema",
		`new = { type = "text", collation = "s.none" }`:    "the collation of column new of table.docs cannot be \"s.none\"",
		`new = { type = "int", default = "s.naw(1)" }`:     "the default of column new of table.docs cannot be \"s.naw(1)\"; write it with its schema",
	} {
		notes := refused(t, w, load(t, strings.Replace(files, "NEW", column, 1)))
		if len(notes) != 1 || notes[0].Severity != resource.Error || !strings.HasPrefix(notes[0].Summary+"; "+notes[0].Cure, want) || !strings.Contains(notes[0].Detail, "does not exist") {
			t.Errorf("%s: %v", column, notes)
		}
	}
}

// An extension that the server cannot install, or not bring to the version that is wanted, is refused with what it has.
func TestExtensionsThatAreNotThere(t *testing.T) {
	w := &workspace{dsn: database(t)}
	const schema = "schema \"s\" { instance = instance.main }\n"
	run(t, w, load(t, schema+`extension "hstore" {
  schema  = schema.s
  version = "1.8"
}`), false)
	for files, want := range map[string]string{
		`extension "pg_trgn" { schema = schema.s }`: `the server has no extension "pg_trgn": of those whose files it has, none has this name; did you mean pg_trgm?`,
		`extension "x" {
  schema = schema.s
  name   = "no such thing"
}`: `the server has no extension "no such thing": of those whose files it has, none has this name; take it out, or have it installed on the server`,
		`extension "citext" {
  schema  = schema.s
  version = "0.1"
}`: `extension citext has no version "0.1": the server has the versions 1.4, 1.5, 1.6; write version = "1.6", or leave the choice to the server`,
		`extension "hstore" {
  schema  = schema.s
  version = "1.4"
}`: `extension hstore cannot become version "1.4": the server has no way to it from version 1.8, which is installed; it has the versions 1.4, 1.5, 1.6, 1.7, 1.8; keep version "1.8", or write one that it can become`,
		`extension "earthdistance" { schema = schema.s }`: `extension earthdistance needs extension cube: it is not installed, and no file declares it; declare extension "cube", too`,
	} {
		notes := refused(t, w, load(t, schema+files))
		if len(notes) != 1 || notes[0].Range == nil || notes[0].Severity != resource.Error || notes[0].Summary+": "+notes[0].Detail+"; "+notes[0].Cure != want {
			t.Errorf("%s: %v", files, notes)
		}
	}
	// What needs another comes behind it, wherever it stands.
	if p, _ := build(t, w, load(t, schema+`extension "cube" {
  schema = schema.s
}
extension "a" {
  schema = schema.s
  name   = "earthdistance"
}
extension "hstore" { schema = schema.s }`), false); len(p.Steps) != 2 || p.Steps[0].Title != "create extension cube" {
		t.Errorf("the order is\n%s", show(p))
	}
}
