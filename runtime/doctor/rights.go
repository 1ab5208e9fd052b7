package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// session is the connection on which the rights are looked at.
type session struct {
	*pgxpool.Conn
	user    string
	version int
	path    string // search_path
}

const askPatience = 20 * time.Second

func (x *examination) login(ctx context.Context, c *lakebase.Connector, pool *pgxpool.Pool) (*session, finding, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, finding{}, err
	}
	s := &session{Conn: conn}
	var database, version string
	var readOnly bool
	err = conn.QueryRow(ctx, `SELECT session_user::text, current_database()::text, current_setting('server_version_num')::int,
		split_part(current_setting('server_version'), ' ', 1), current_setting('search_path'), pg_is_in_recovery()`).
		Scan(&s.user, &database, &s.version, &version, &s.path, &readOnly)
	if err != nil {
		conn.Release()
		return nil, finding{}, err
	}
	f := finding{detail: fmt.Sprintf("as %s to %s, PostgreSQL %s", s.user, database, version)}
	if n := c.Status().Retries; n > 0 {
		f.detail += fmt.Sprintf(", after %d tries more", n)
	}
	if readOnly {
		f.detail += ", a server that only reads"
		f.cure = "connect to the read-write endpoint: check PGHOST"
	}
	return s, f, nil
}

// rights looks at what each account may do. What one lacks does not keep the others from being looked at.
func (x *examination) rights(ctx context.Context, s *session, r *lakebase.Resolution) {
	if x.As != "" {
		x.step(ctx, SetRole, askPatience, func(ctx context.Context) (finding, error) {
			if err := TakeRole(ctx, s.Conn.Conn(), x.As); err != nil {
				return finding{}, err
			}
			return found("%s takes the role %s", s.user, x.As)
		})
	}
	accounts := x.Accounts
	if len(accounts) == 0 {
		a := Account{}
		if r != nil {
			a.Needs = []Need{Usual(r.Schema)}
		}
		accounts = []Account{a}
	}
	for _, a := range accounts {
		if s != nil {
			a.Role = cmp.Or(a.Role, x.As, s.user)
		}
		x.account(ctx, s, a, r)
	}
}

func (x *examination) account(ctx context.Context, s *session, a Account, r *lakebase.Resolution) {
	before := x.failed
	defer func() { x.failed = before }()
	check := func(name string, look func(context.Context) (finding, error)) bool {
		if x.failed != "" {
			x.add(Check{Name: name, Of: a.Label, Outcome: Skipped, Detail: "because " + x.failed + " failed"})
			return false
		}
		return x.look(ctx, name, a.Label, askPatience, look)
	}
	if a.Absent != "" && x.failed == "" {
		x.add(Check{Name: Role, Of: a.Label, Outcome: Fail, Detail: a.Absent, Cure: a.Cure})
		x.failed = Role
	} else if !check(Role, func(ctx context.Context) (finding, error) { return s.role(ctx, a.Role) }) && x.failed == "" {
		x.failed = Role
	}
	needs := a.Needs
	if len(needs) == 0 {
		needs = []Need{{}}
	}
	for _, n := range needs {
		role := x.failed
		x.need(ctx, s, a, n, r, check)
		x.failed = role
	}
}

func (x *examination) need(ctx context.Context, s *session, a Account, n Need, r *lakebase.Resolution, check func(string, func(context.Context) (finding, error)) bool) {
	if !check(Schema, func(ctx context.Context) (f finding, err error) {
		n.Schema, f, err = s.schema(ctx, a.Role, n, r)
		return f, err
	}) && x.failed == "" {
		x.failed = Schema
	}
	if x.failed == "" && n.Schema == "" {
		for _, name := range []string{Tables, Sequences, Defaults} {
			check(name, func(context.Context) (finding, error) { return unneeded("there is no schema to look into") })
		}
		return
	}
	check(Tables, func(ctx context.Context) (finding, error) { return s.tables(ctx, a.Role, n) })
	check(Sequences, func(ctx context.Context) (finding, error) { return s.sequences(ctx, a.Role, n) })
	check(Defaults, func(ctx context.Context) (finding, error) { return s.defaults(ctx, a.Role, n) })
}

// lacking is an error of the table, with what is lacking.
func lacking(code lakebase.Code, format string, args ...any) error {
	return &lakebase.Error{Code: code, Err: fmt.Errorf(format, args...), Hint: hint(code)}
}

func (s *session) role(ctx context.Context, role string) (finding, error) {
	var login, superuser, connect, expired bool
	var member []string
	err := s.QueryRow(ctx, `SELECT rolcanlogin, rolsuper, has_database_privilege(oid, current_database(), 'CONNECT'), coalesce(rolvaliduntil < now(), false),
		ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1)
		FROM pg_roles r WHERE rolname = $1`, role).Scan(&login, &superuser, &connect, &expired, &member)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return finding{}, lacking(lakebase.ErrAuthRejected, "there is no role %q", role)
	case err != nil:
		return finding{}, err
	case !login:
		return finding{}, lacking(lakebase.ErrAuthRejected, "the role %q may not log in (NOLOGIN)", role)
	case expired:
		return finding{}, lacking(lakebase.ErrAuthRejected, "the role %q is past its VALID UNTIL", role)
	case !connect:
		return finding{}, lacking(lakebase.ErrPermission, "the role %q may not connect to this database", role)
	}
	text := role + " may log in"
	if len(member) > 0 {
		text += ", member of " + strings.Join(member, ", ")
	}
	if superuser {
		return finding{detail: text + ", a superuser", cure: "an application needs no superuser: give it a role of its own"}, nil
	}
	return found("%s", text)
}

// schema finds the schema, also where nothing names one: the first of the search_path that is there.
func (s *session) schema(ctx context.Context, role string, n Need, r *lakebase.Resolution) (string, finding, error) {
	name := n.Schema
	if name == "" {
		var current *string
		if err := s.QueryRow(ctx, "SELECT current_schema()::text").Scan(&current); err != nil {
			return "", finding{}, err
		}
		f := finding{detail: "none is named; search_path is " + s.path, cure: "set LAKEBASE_SCHEMA to the schema of the application's tables"}
		if current == nil {
			return "", f, nil
		}
		f.detail += ", which means " + *current
		return *current, f, nil
	}
	var owner string
	var usage, create bool
	err := s.QueryRow(ctx, `SELECT pg_get_userbyid(nspowner)::text, has_schema_privilege($1::name, oid, 'USAGE'), has_schema_privilege($1::name, oid, 'CREATE')
		FROM pg_namespace WHERE nspname = $2`, role, name).Scan(&owner, &usage, &create)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		from := ""
		if source := r.Source("schema"); source != "" && source != "option" {
			from = ", named by " + source
		}
		return name, finding{}, lacking(lakebase.ErrSchemaMissing, "there is no schema %q%s", name, from)
	case err != nil:
		return name, finding{}, err
	case !usage:
		return name, finding{}, lacking(lakebase.ErrPermission, "%s lacks USAGE on schema %q of %s", role, name, owner)
	case !create && slices.ContainsFunc(n.OnSchema, func(p string) bool { return p == "CREATE" || p == "ALL" }):
		return name, finding{}, lacking(lakebase.ErrPermission, "%s lacks CREATE on schema %q of %s", role, name, owner)
	}
	text := fmt.Sprintf("%s, owned by %s, may be used", name, owner)
	if create {
		text += " and added to"
	}
	f, err := found("%s", text)
	return name, f, err
}

// all are the privileges that ALL means.
func all(privileges []string, meaning ...string) []string {
	if slices.Contains(privileges, "ALL") {
		return meaning
	}
	return privileges
}

func (n Need) ofTables() []string {
	return all(n.Tables, "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
}

func (n Need) ofSequences() []string { return all(n.Sequences, "USAGE", "SELECT", "UPDATE") }

// lack is a thing with the privileges that are missing.
type lack struct {
	Name       string
	Privileges []string
}

func (s *session) lacks(ctx context.Context, query string, args ...any) ([]lack, error) {
	rows, err := s.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[lack])
}

func (s *session) tables(ctx context.Context, role string, n Need) (finding, error) {
	wanted := n.ofTables()
	if len(wanted) == 0 {
		return unneeded("no rights on tables are asked for")
	}
	total := 0
	if err := s.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relkind IN ('r', 'p')`,
		n.Schema).Scan(&total); err != nil {
		return finding{}, err
	}
	if total == 0 {
		return found("%s has no table yet", n.Schema)
	}
	lacks, err := s.lacks(ctx, `SELECT c.relname::text, array_agg(w.p ORDER BY w.n) FROM pg_class c CROSS JOIN unnest($3::text[]) WITH ORDINALITY w(p, n)
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2) AND c.relkind IN ('r', 'p') AND NOT has_table_privilege($1::name, c.oid, w.p)
		GROUP BY c.relname ORDER BY 1`, role, n.Schema, wanted)
	if err != nil {
		return finding{}, err
	}
	if len(lacks) == 0 {
		return found("%s in %s: %s", counted(total, "table"), n.Schema, strings.Join(wanted, ", "))
	}
	reads := !slices.ContainsFunc(lacks, func(l lack) bool { return slices.Contains(l.Privileges, "SELECT") })
	writesNone := len(lacks) == total && !slices.ContainsFunc(lacks, func(l lack) bool { return len(l.Privileges) < len(wanted)-1 })
	if n.Inferred && reads && writesNone {
		return finding{detail: fmt.Sprintf("%s in %s may be read only", counted(total, "table"), n.Schema), cure: hint(lakebase.ErrPermission)}, nil
	}
	return finding{}, lacking(lakebase.ErrPermission, "%s", listed(role, n.Schema, "table", total, lacks))
}

func (s *session) sequences(ctx context.Context, role string, n Need) (finding, error) {
	wanted := n.ofSequences()
	if len(wanted) == 0 {
		return unneeded("no rights on sequences are asked for")
	}
	// A sequence of an identity column needs no right of its own.
	const ofSchema = `FROM pg_class c LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i'
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relkind = 'S' AND d.objid IS NULL`
	total := 0
	if err := s.QueryRow(ctx, "SELECT count(*) "+ofSchema, n.Schema).Scan(&total); err != nil {
		return finding{}, err
	}
	if total == 0 {
		return found("%s has none that needs a right of its own", n.Schema)
	}
	lacks, err := s.lacks(ctx, `SELECT c.relname::text, array_agg(w.p ORDER BY w.n) FROM (SELECT c.oid, c.relname `+ofSchema+`) c
		CROSS JOIN unnest($3::text[]) WITH ORDINALITY w(p, n) WHERE NOT has_sequence_privilege($2::name, c.oid, w.p)
		AND NOT (w.p = 'USAGE' AND has_sequence_privilege($2::name, c.oid, 'UPDATE')) GROUP BY c.relname ORDER BY 1`,
		n.Schema, role, wanted)
	if err != nil {
		return finding{}, err
	}
	if len(lacks) == 0 {
		return found("%s in %s: %s", counted(total, "sequence"), n.Schema, strings.Join(wanted, ", "))
	}
	text := listed(role, n.Schema, "sequence", total, lacks)
	if n.Inferred && len(lacks) == total {
		var inserts bool
		if err := s.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $2)
			AND c.relkind IN ('r', 'p') AND has_table_privilege($1::name, c.oid, 'INSERT'))`, role, n.Schema).Scan(&inserts); err != nil {
			return finding{}, err
		}
		if !inserts { // who only reads needs none
			return finding{detail: text, cure: hint(lakebase.ErrPermission)}, nil
		}
	}
	return finding{}, lacking(lakebase.ErrPermission, "%s", text)
}

// defaults looks at what the role will be able to do with what is made later: by the schema's owner and, where it is
// another than the role, by who looks.
func (s *session) defaults(ctx context.Context, role string, n Need) (finding, error) {
	rows, err := s.Query(ctx, `
		WITH schema AS (SELECT oid, nspowner, nspacl FROM pg_namespace WHERE nspname = $2),
		maker AS (
			SELECT nspowner AS oid FROM schema
			UNION SELECT r.oid FROM pg_roles r, schema WHERE r.rolname = session_user AND has_schema_privilege(r.oid, schema.oid, 'CREATE')),
		wanted AS (SELECT 'r'::"char" AS kind, p FROM unnest($3::text[]) p UNION ALL SELECT 'S', p FROM unnest($4::text[]) p)
		SELECT m.rolname::text, array_agg(DISTINCT CASE w.kind WHEN 'r' THEN 'tables' ELSE 'sequences' END)
		FROM maker JOIN pg_roles m USING (oid) CROSS JOIN wanted w
		WHERE NOT pg_has_role($1::name, m.oid, 'USAGE')
		AND NOT (w.p = 'SELECT' AND pg_has_role($1::name, 'pg_read_all_data', 'USAGE')
			OR w.p IN ('INSERT', 'UPDATE', 'DELETE', 'USAGE') AND pg_has_role($1::name, 'pg_write_all_data', 'USAGE'))
		AND NOT EXISTS (SELECT FROM pg_default_acl d CROSS JOIN aclexplode(d.defaclacl) a
			WHERE d.defaclrole = m.oid AND d.defaclobjtype = w.kind AND d.defaclnamespace IN (0, (SELECT oid FROM schema))
			AND a.privilege_type = w.p AND (a.grantee = 0 OR pg_has_role($1::name, a.grantee, 'USAGE')))
		GROUP BY m.rolname ORDER BY 1`, role, n.Schema, n.ofTables(), n.ofSequences())
	if err != nil {
		return finding{}, err
	}
	lacks, err := pgx.CollectRows(rows, pgx.RowToStructByPos[lack])
	if err != nil {
		return finding{}, err
	}
	if len(lacks) == 0 {
		return found("what is made in %s later can be used too", n.Schema)
	}
	var parts []string
	for _, l := range lacks {
		slices.Reverse(l.Privileges) // tables first
		parts = append(parts, fmt.Sprintf("%s that %s makes", strings.Join(l.Privileges, " and "), l.Name))
	}
	return finding{detail: fmt.Sprintf("in %s, later %s cannot be used by %s", n.Schema, strings.Join(parts, ", and "), role),
		cure: "run tellr apply, whose grants hold for what comes later too, or ALTER DEFAULT PRIVILEGES as who makes it"}, nil
}

func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// listed names the first few things that something is lacking on.
func listed(role, schema, thing string, total int, lacks []lack) string {
	var parts []string
	for i, l := range lacks {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(lacks)-3))
			break
		}
		parts = append(parts, strings.Join(l.Privileges, "+")+" on "+l.Name)
	}
	return fmt.Sprintf("%s lacks rights on %d of %s in %s: %s", role, len(lacks), counted(total, thing), schema, strings.Join(parts, ", "))
}
