package postgres_test

import (
	"context"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tellr-dev/tellr/engine/resource"
)

// TestTablespaces: tables, indexes and the indexes of constraints are made in tablespaces, move, and come back.
func TestTablespaces(t *testing.T) {
	dsn := database(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-callow_in_place_tablespaces=on")
	u.RawQuery = q.Encode()
	psql(t, u.String(), `CREATE TABLESPACE "Fast one" LOCATION ''`)
	psql(t, u.String(), `CREATE TABLESPACE slow LOCATION ''`)
	t.Cleanup(func() {
		psql(t, dsn, "DROP SCHEMA s CASCADE")
		psql(t, dsn, `DROP TABLESPACE "Fast one"`)
		psql(t, dsn, "DROP TABLESPACE slow")
	})
	w := &workspace{dsn: dsn}
	const where = `SELECT string_agg(c.relname || ' ' || coalesce(s.spcname, '-'), ', ' ORDER BY c.relname)
		FROM pg_class c LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE c.relnamespace = 's'::regnamespace`
	for _, step := range []struct{ table, key, unique, index, exclusion, want string }{
		{"", "", "", "", "", "t - , t_i - , t_pkey - , t_u - , t_x -"},
		{"slow", "slow", "Fast one", "Fast one", "slow", "t slow, t_i Fast one, t_pkey slow, t_u Fast one, t_x slow"},
		{"Fast one", "Fast one", "slow", "slow", "Fast one", "t Fast one, t_i slow, t_pkey Fast one, t_u slow, t_x Fast one"},
		{"pg_default", "", "pg_default", "", "pg_default", "t - , t_i - , t_pkey - , t_u - , t_x -"},
	} {
		at := func(name string) string {
			if name == "" {
				return ""
			}
			return `, tablespace = "` + name + `"`
		}
		table := strings.TrimPrefix(at(step.table), ", ")
		desired := load(t, `
schema "s" { instance = instance.main }
table "t" {
  schema = schema.s
  `+table+`
  columns = { a = { type = "int" }, b = { type = "int" } }
  primary_key = { columns = ["a"]`+at(step.key)+` }
  uniques     = { t_u = { columns = ["b"]`+at(step.unique)+` } }
  indexes     = { t_i = { columns = ["b"]`+at(step.index)+` } }
  exclusions  = { t_x = { on = ["b WITH ="]`+at(step.exclusion)+` } }
}
`)
		if p, blocked := run(t, w, desired, false); blocked {
			t.Fatalf("blocked:\n%s", show(p))
		}
		if p, notes := build(t, w, desired, false); !p.Empty() || len(notes) > 0 {
			t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
		}
		if got, want := psql(t, dsn, where), strings.ReplaceAll(step.want, "- ,", "-,"); got != want {
			t.Errorf("%v: they stand in\n%s, want\n%s", step, got, want)
		}
	}
	// A new table stands where it is declared to stand.
	desired := load(t, `
schema "s" { instance = instance.main }
table "u" {
  schema = schema.s
  tablespace = "Fast one"
  columns = { a = { type = "int" } }
  primary_key = { columns = ["a"], tablespace = "slow" }
  indexes = { u_i = { columns = ["a"], tablespace = "slow" } }
}
`)
	run(t, w, desired, false)
	if got, want := psql(t, dsn, where), "u Fast one, u_i slow, u_pkey slow"; got != want {
		t.Errorf("a new table stands in %s, want %s", got, want)
	}
}

// TestAccessMethod: a table is made with an access method, and changes to another one.
func TestAccessMethod(t *testing.T) {
	dsn := database(t)
	psql(t, dsn, `CREATE ACCESS METHOD "Heap 2" TYPE TABLE HANDLER heap_tableam_handler`)
	w := &workspace{dsn: dsn}
	for _, method := range []string{"Heap 2", "heap", "Heap 2"} {
		desired := load(t, `
schema "s" { instance = instance.main }
table "t" {
  schema = schema.s
  columns = { a = { type = "int" } }
  access_method = "`+method+`"
}
`)
		run(t, w, desired, false)
		if p, notes := build(t, w, desired, false); !p.Empty() || len(notes) > 0 {
			t.Errorf("a second plan is not empty:\n%s\n%v", show(p), notes)
		}
		if got := psql(t, dsn, `SELECT amname FROM pg_class c JOIN pg_am m ON m.oid = c.relam WHERE c.oid = 's.t'::regclass`); got != method {
			t.Errorf("the method is %s, want %s", got, method)
		}
	}
}

// TestLocks: the statements of these cases take the locks that the plan says, neither weaker nor stronger.
func TestLocks(t *testing.T) {
	strength := []string{"AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
		"ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}
	word := map[string]string{"": "", "SHARE": "ShareLock", "SHARE UPDATE EXCLUSIVE": "ShareUpdateExclusiveLock",
		"SHARE ROW EXCLUSIVE": "ShareRowExclusiveLock", "ACCESS EXCLUSIVE": "AccessExclusiveLock"}
	for _, name := range []string{"table_storage", "column_storage", "exclusions", "statistics", "index_storage", "policy"} {
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(filepath.Join("testdata/cases", name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			w := &workspace{dsn: database(t), clients: map[string]string{}}
			run(t, w, load(t, section(archive, "before.hcl")), false)
			if sql := section(archive, "drift.sql"); sql != "" {
				psql(t, w.dsn, sql)
			}
			p, _ := build(t, w, load(t, section(archive, "after.hcl")), false)
			ctx := context.Background()
			conn, err := pgx.Connect(ctx, w.dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(ctx)
			for _, s := range p.Steps {
				if s.Stage != resource.Database {
					continue
				}
				for _, st := range s.Statements {
					sql := strings.ReplaceAll(st.SQL.String(), "{{ident app.slides.service_principal_client_id}}", `"sp-slides"`)
					tx, err := conn.Begin(ctx)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := tx.Exec(ctx, sql); err != nil {
						t.Fatalf("%s: %v", sql, err)
					}
					strongest := -1
					if st.LockOn != "" {
						rows, err := tx.Query(ctx, "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = $1::regclass", st.LockOn)
						if err != nil {
							t.Fatal(err)
						}
						modes, err := pgx.CollectRows(rows, pgx.RowTo[string])
						if err != nil {
							t.Fatalf("%s: %v", sql, err)
						}
						for _, m := range modes {
							strongest = max(strongest, slices.Index(strength, m))
						}
						if strongest < 0 || strength[strongest] != word[st.Lock] {
							t.Errorf("%s\ntakes %v on %s, the plan says %s", sql, modes, st.LockOn, st.Lock)
						}
					}
					if err := tx.Commit(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
