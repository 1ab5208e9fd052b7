package lakebase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// IdentityType says what a role stands for; empty is a plain Postgres role.
type IdentityType string

const (
	User             IdentityType = "USER"
	ServicePrincipal IdentityType = "SERVICE_PRINCIPAL"
	Group            IdentityType = "GROUP"
)

// Role is a Postgres role as Lakebase sees it.
type Role struct {
	Name                            string
	Identity                        IdentityType
	OAuth                           bool // logs in by token; a role made by plain CREATE ROLE does not [doc]
	Login                           bool
	Superuser                       bool // member of databricks_superuser
	CreateDB, CreateRole, BypassRLS bool
}

var (
	ErrRoleExists     = errors.New("role with that name already exists")
	ErrNoRole         = errors.New("role does not exist")
	ErrRoleInUse      = errors.New("role owns objects")
	ErrDatabaseExists = errors.New("database with that name already exists")
	ErrNoDatabase     = errors.New("database does not exist")
)

// mark is kept as the role's comment: comments on roles are shared by all databases and copied to branches.
type mark struct {
	Identity IdentityType `json:"databricks_identity"`
	OAuth    bool         `json:"oauth"`
}

// CreateRole makes a role. Nobody but the platform holds ADMIN on it. [inferred]
func (s *Server) CreateRole(ctx context.Context, r Role) error {
	comment, err := json.Marshal(mark{r.Identity, r.OAuth})
	if err != nil {
		return err
	}
	statements := []string{"CREATE ROLE " + quote(r.Name) + " " + attributes(r)}
	if r.Identity != "" || r.OAuth {
		statements = append(statements, "COMMENT ON ROLE "+quote(r.Name)+" IS "+literal(string(comment)))
	}
	if r.Superuser {
		statements = append(statements, "GRANT "+SuperuserRole+" TO "+quote(r.Name))
	}
	err = s.cluster.Exec(ctx, registry, statements...)
	if state(err) == "42710" {
		return fmt.Errorf("%w: %s", ErrRoleExists, r.Name)
	}
	return err
}

// AlterRole sets a role's attributes and its membership of databricks_superuser.
func (s *Server) AlterRole(ctx context.Context, r Role) error {
	membership := "REVOKE " + SuperuserRole + " FROM " + quote(r.Name)
	if r.Superuser {
		membership = "GRANT " + SuperuserRole + " TO " + quote(r.Name)
	}
	return s.cluster.Exec(ctx, registry, "ALTER ROLE "+quote(r.Name)+" "+attributes(r), membership)
}

func attributes(r Role) string {
	var words []string
	for _, a := range []struct {
		on   bool
		word string
	}{{r.Login, "LOGIN"}, {r.CreateDB, "CREATEDB"}, {r.CreateRole, "CREATEROLE"}, {r.BypassRLS, "BYPASSRLS"}} {
		if a.on {
			words = append(words, a.word)
		} else {
			words = append(words, "NO"+a.word)
		}
	}
	return strings.Join(words, " ")
}

// DropRole removes a role. With reassignTo, what it owns goes to that role first and its privileges are revoked, in
// every database; without, a role that owns objects stays, as ErrRoleInUse.
func (s *Server) DropRole(ctx context.Context, name, reassignTo string) error {
	if reassignTo != "" {
		databases, err := s.allDatabases(ctx)
		if err != nil {
			return err
		}
		for _, d := range databases {
			if err := s.cluster.Exec(ctx, d, "REASSIGN OWNED BY "+quote(name)+" TO "+quote(reassignTo),
				"DROP OWNED BY "+quote(name)); err != nil {
				return err
			}
		}
	}
	err := s.cluster.Exec(ctx, registry, "DROP ROLE "+quote(name))
	switch state(err) {
	case "2BP01":
		return fmt.Errorf("%w: %s", ErrRoleInUse, name)
	case "42704":
		return fmt.Errorf("%w: %s", ErrNoRole, name)
	}
	return err
}

func (s *Server) allDatabases(ctx context.Context) ([]string, error) {
	var names []string
	err := s.admin(ctx, registry, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1")
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return names, err
}

// Roles lists the roles that users see: not Postgres' nor the platform's own.
func (s *Server) Roles(ctx context.Context) ([]Role, error) {
	var roles []Role
	err := s.admin(ctx, registry, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, rolesQuery+` WHERE r.rolname !~ '^(pg_|databricks_|cloud_admin$)' ORDER BY r.rolname`)
		if err != nil {
			return err
		}
		roles, err = pgx.CollectRows(rows, scanRole)
		return err
	})
	return roles, err
}

const rolesQuery = `
SELECT r.rolname, r.rolcanlogin, r.rolcreatedb, r.rolcreaterole, r.rolbypassrls,
       EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
               WHERE g.rolname = 'databricks_superuser' AND m.member = r.oid),
       coalesce(shobj_description(r.oid, 'pg_authid'), '')
FROM pg_roles r`

func scanRole(row pgx.CollectableRow) (Role, error) {
	var r Role
	var comment string
	if err := row.Scan(&r.Name, &r.Login, &r.CreateDB, &r.CreateRole, &r.BypassRLS, &r.Superuser, &comment); err != nil {
		return r, err
	}
	var m mark
	if json.Unmarshal([]byte(comment), &m) == nil { // a comment of the user's own is no mark
		r.Identity, r.OAuth = m.Identity, m.OAuth
	}
	return r, nil
}

// Login is what the gateway must know of a role.
type Login struct {
	Role
	// Password is the verifier that Postgres keeps of a native password, empty without one.
	Password string
}

// LookUp finds a role; ErrNoRole when there is none.
func (s *Server) LookUp(ctx context.Context, name string) (Login, error) {
	var l Login
	err := s.admin(ctx, registry, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, rolesQuery+` WHERE r.rolname = $1`, name)
		if err != nil {
			return err
		}
		roles, err := pgx.CollectRows(rows, scanRole)
		if err != nil {
			return err
		}
		if len(roles) == 0 {
			return fmt.Errorf("%w: %s", ErrNoRole, name)
		}
		l.Role = roles[0]
		return conn.QueryRow(ctx, "SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = $1", name).Scan(&l.Password)
	})
	return l, err
}

// BindApp gives an app's service principal its role and CONNECT, CREATE on a database, which is what the permission
// CAN_CONNECT_AND_CREATE stands for; a role of that name is used again. [doc dev-tools/databricks-apps/lakebase]
func (s *Server) BindApp(ctx context.Context, clientID, database string) error {
	known, err := s.hasDatabase(ctx, database)
	if err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("%w: %s", ErrNoDatabase, database)
	}
	err = s.CreateRole(ctx, Role{Name: clientID, Identity: ServicePrincipal, OAuth: true, Login: true})
	if err != nil && !errors.Is(err, ErrRoleExists) {
		return err
	}
	return s.cluster.Exec(ctx, registry, "GRANT CONNECT, CREATE ON DATABASE "+quote(database)+" TO "+quote(clientID))
}

// UnbindApp undoes BindApp: what the service principal owns goes to the remover, its privileges are revoked, its role is
// dropped. [doc dev-tools/databricks-apps/lakebase]
func (s *Server) UnbindApp(ctx context.Context, clientID, remover string) error {
	err := s.DropRole(ctx, clientID, remover)
	if errors.Is(err, ErrNoRole) || state(err) == "42704" {
		return nil
	}
	return err
}

// Database is one database and its owner.
type Database struct{ Name, Owner string }

// Databases lists the databases that users see.
func (s *Server) Databases(ctx context.Context) ([]Database, error) {
	var list []Database
	err := s.admin(ctx, registry, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT datname, pg_get_userbyid(datdba) FROM pg_database
		                              WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY 1`)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Database])
		return err
	})
	return list, err
}

func (s *Server) hasDatabase(ctx context.Context, name string) (bool, error) {
	list, err := s.Databases(ctx)
	return slices.ContainsFunc(list, func(d Database) bool { return d.Name == name }), err
}

// CreateDatabase makes a database.
func (s *Server) CreateDatabase(ctx context.Context, d Database) error {
	err := s.cluster.Exec(ctx, registry, "CREATE DATABASE "+quote(d.Name)+" OWNER "+quote(d.Owner),
		"GRANT ALL ON DATABASE "+quote(d.Name)+" TO "+SuperuserRole+" WITH GRANT OPTION")
	switch state(err) {
	case "42P04":
		return fmt.Errorf("%w: %s", ErrDatabaseExists, d.Name)
	case "42704":
		return fmt.Errorf("%w: %s", ErrNoRole, d.Owner)
	}
	return err
}

// AlterDatabase renames a database and changes its owner; what is equal is left alone. A rename ends its sessions.
func (s *Server) AlterDatabase(ctx context.Context, from, to Database) error {
	var statements []string
	if from.Owner != to.Owner {
		statements = append(statements, "ALTER DATABASE "+quote(from.Name)+" OWNER TO "+quote(to.Owner))
	}
	if from.Name != to.Name {
		statements = append(statements,
			"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "+literal(from.Name),
			"ALTER DATABASE "+quote(from.Name)+" RENAME TO "+quote(to.Name))
	}
	err := s.cluster.Exec(ctx, registry, statements...)
	if state(err) == "42P04" {
		return fmt.Errorf("%w: %s", ErrDatabaseExists, to.Name)
	}
	return err
}

// DropDatabase removes a database with its data, ending its sessions.
func (s *Server) DropDatabase(ctx context.Context, name string) error {
	return s.cluster.Exec(ctx, registry, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
}
