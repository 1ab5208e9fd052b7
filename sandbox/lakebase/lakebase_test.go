package lakebase

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

const owner = "me@example.com"

func start(t *testing.T, version int) *Server {
	t.Helper()
	s, err := Start(t.Context(), Options{Version: version, AutoInstall: true}, Role{Name: owner, Identity: User})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func connect(t *testing.T, s *Server, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Cluster().DSN(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// want runs SQL as a role and compares the SQLSTATE, "" for success.
func want(t *testing.T, conn *pgx.Conn, sqlstate, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	if got := state(err); got != sqlstate || (err != nil && got == "") {
		t.Errorf("%s: SQLSTATE %q, want %q (%v)", sql, got, sqlstate, err)
	}
}

func TestRolesAreLakebases(t *testing.T) {
	for _, version := range []int{16, 17, 18} {
		t.Run(map[int]string{16: "16", 17: "17", 18: "18"}[version], func(t *testing.T) {
			t.Parallel()
			s := start(t, version)
			me := connect(t, s, owner, DefaultDatabase)

			// The owner may do what an owner may, and is no superuser.
			want(t, me, "", `CREATE SCHEMA app_data`)
			want(t, me, "", `CREATE TABLE app_data.t (id serial PRIMARY KEY)`)
			want(t, me, "", `CREATE ROLE helper LOGIN`)
			want(t, me, "42501", `ALTER SYSTEM SET work_mem = '1MB'`)
			want(t, me, "42501", `CREATE ROLE boss SUPERUSER`)
			want(t, me, "42501", `GRANT databricks_superuser TO helper`) // no ADMIN option [doc]

			// The managed triggers grant new objects to the superuser role, with grant option.
			var acl string
			if err := me.QueryRow(t.Context(), `SELECT array_to_string(nspacl, ' ') FROM pg_namespace WHERE nspname = 'app_data'`).Scan(&acl); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(acl, `databricks_superuser=U*C*/"me@example.com"`) || !strings.Contains(acl, "databricks_gateway=U/") {
				t.Errorf("acl of the schema: %s", acl)
			}
			if err := me.QueryRow(t.Context(), `SELECT array_to_string(relacl, ' ') FROM pg_class WHERE relname = 't'`).Scan(&acl); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(acl, `databricks_superuser=a*r*w*d*D*x*t*`) {
				t.Errorf("acl of the table: %s", acl)
			}
		})
	}
}

func TestAppsRole(t *testing.T) {
	t.Parallel()
	s := start(t, 17)
	const app = "5d3c6f0e-7d7e-4a8f-9c52-0d3f5c1f2a11"
	if err := s.BindApp(t.Context(), app, "nowhere"); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("binding an absent database: %v", err)
	}
	for range 2 { // a role of that name is used again
		if err := s.BindApp(t.Context(), app, DefaultDatabase); err != nil {
			t.Fatal(err)
		}
	}
	me, it := connect(t, s, owner, DefaultDatabase), connect(t, s, app, DefaultDatabase)
	want(t, me, "", `CREATE SCHEMA mine`)
	want(t, me, "", `CREATE TABLE mine.t ()`)
	want(t, it, "42501", `SELECT * FROM mine.t`)
	want(t, it, "42501", `CREATE TABLE public.x ()`)
	want(t, it, "", `CREATE SCHEMA its`)
	want(t, it, "", `CREATE TABLE its.t (n int)`)
	// The owner reads what the app owns, and may grant it on, but not drop it [doc].
	want(t, me, "", `SELECT * FROM its.t`)
	want(t, me, "", `GRANT SELECT ON its.t TO PUBLIC`)
	want(t, me, "42501", `DROP TABLE its.t`)
	it.Close(t.Context())
	if err := s.UnbindApp(t.Context(), app, owner); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LookUp(t.Context(), app); !errors.Is(err, ErrNoRole) {
		t.Errorf("the role after unbinding: %v", err)
	}
	want(t, me, "", `DROP TABLE its.t`) // it went to the remover
	if err := s.UnbindApp(t.Context(), app, owner); err != nil {
		t.Errorf("unbinding twice: %v", err)
	}
}

func TestIdentityRolesInSQL(t *testing.T) {
	t.Parallel()
	s := start(t, 17)
	me := connect(t, s, owner, DefaultDatabase)
	want(t, me, "", `CREATE EXTENSION IF NOT EXISTS databricks_auth`)
	want(t, me, "", `SELECT databricks_create_role('ada@example.com', 'USER')`)
	want(t, me, "42710", `SELECT databricks_create_role('ada@example.com', 'USER')`)
	want(t, me, "22023", `SELECT databricks_create_role('x', 'ROBOT')`)
	want(t, me, "", `CREATE ROLE "plain@example.com" LOGIN`)
	for name, oauth := range map[string]bool{"ada@example.com": true, "plain@example.com": false, owner: true} {
		l, err := s.LookUp(t.Context(), name)
		if err != nil || l.OAuth != oauth || !l.Login {
			t.Errorf("%s: %+v %v", name, l, err)
		}
	}
	ada := connect(t, s, "ada@example.com", DefaultDatabase)
	want(t, ada, "42501", `SELECT databricks_create_role('eve@example.com', 'USER')`)
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	s := start(t, 17)
	if err := s.CreateDatabase(t.Context(), Database{"app", owner}); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateDatabase(t.Context(), Database{"app", owner}); !errors.Is(err, ErrDatabaseExists) {
		t.Errorf("twice: %v", err)
	}
	if err := s.AlterDatabase(t.Context(), Database{"app", owner}, Database{"renamed", owner}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Databases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Database{{DefaultDatabase, owner}, {"renamed", owner}}, got); diff != "" {
		t.Error(diff)
	}
	if err := s.DropDatabase(t.Context(), "renamed"); err != nil {
		t.Fatal(err)
	}
}
