package postgres_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden plans anew")

// TestCases brings a real database from one state to another, for each file of testdata/cases:
//
//	before.hcl  what is there before, made by tellr (optional)
//	drift.sql   what someone does to it by hand (optional)
//	after.hcl   what is desired; "destroy" alone takes everything down
//	from        the first version of Postgres that has what the case is about (optional)
//	undumped    why the result is not compared with a fresh database (optional)
//	plan.sql    the plan that leads there: written by -update, read by people
//
// After the plan has run, a new plan is empty, and pg_dump cannot tell the database from one that was made of after.hcl
// alone. Imported, it is declarations with which a plan is empty, too;
// privileges come out the same in an empty database. A plan that is blocked for good is not run.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	later := laterServer(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			testCase(t, file, archive, later)
		})
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func testCase(t *testing.T, file string, archive *txtar.Archive, later databases) {
	database := database
	if from := strings.TrimSpace(section(archive, "from")); from != "" {
		database = later(t, from)
	}
	dsn := database(t)
	w := &workspace{dsn: dsn, clients: map[string]string{}}
	if before := section(archive, "before.hcl"); before != "" {
		if p, blocked := run(t, w, load(t, before), false); blocked {
			t.Fatalf("before.hcl is blocked:\n%s", show(p))
		}
	}
	if sql := section(archive, "drift.sql"); sql != "" {
		psql(t, dsn, sql)
	}
	after, destroy := section(archive, "after.hcl"), false
	if strings.TrimSpace(after) == "destroy" {
		after, destroy = section(archive, "before.hcl"), true
	}
	desired := load(t, after)
	p, blocked := run(t, w, desired, destroy)
	golden(t, file, archive, strings.ReplaceAll(show(p), databaseOf(dsn), "this_database"))
	if blocked {
		return
	}
	again, notes := build(t, w, desired, destroy)
	if !again.Idle() {
		t.Errorf("a second plan is not empty:\n%s", show(again))
	}
	if len(notes) > 0 {
		t.Errorf("a second plan has notes: %v", notes)
	}
	if destroy {
		return
	}
	importCase(t, w, database)
	if section(archive, "undumped") != "" {
		return
	}
	fresh := database(t)
	alone := &workspace{dsn: fresh, clients: w.clients}
	run(t, alone, desired, false)
	if diff := cmp.Diff(catalog(t, alone, desired), catalog(t, w, desired)); diff != "" {
		t.Errorf("the catalog tells it from a fresh one (-fresh +changed):\n%s", diff)
	}
	if diff := cmp.Diff(dump(t, fresh), dump(t, dsn)); diff != "" {
		t.Errorf("pg_dump tells it from a fresh one (-fresh +changed):\n%s", diff)
	}
}

func golden(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	if os.Getenv("TELLR_TEST_POSTGRES") != "" || os.Getenv("TELLR_TEST_DATABASE_URL") != "" {
		return // the goldens are of the default version; others do some things in another way
	}
	if !*update {
		if diff := cmp.Diff(section(archive, "plan.sql"), got); diff != "" {
			t.Errorf("the plan differs; -update writes it anew (-want +got):\n%s", diff)
		}
		return
	}
	for i := range archive.Files {
		if archive.Files[i].Name == "plan.sql" {
			archive.Files[i].Data = []byte(got)
			if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: "plan.sql", Data: []byte(got)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
