package lakebase

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// Options say how a server is made.
type Options struct {
	Version     int    // major, 0 for cluster.DefaultVersion
	Binaries    string // see cluster.Find
	AutoInstall bool
	Progress    io.Writer
	// PlainACL leaves the managed event triggers out.
	PlainACL bool
}

// Server is one branch's Postgres.
type Server struct {
	cluster *cluster.Cluster
}

func (o Options) cluster() cluster.Options {
	return cluster.Options{Version: o.Version, Binaries: o.Binaries, AutoInstall: o.AutoInstall, Progress: o.Progress,
		Template: template(!o.PlainACL)}
}

// Prepare installs and caches what Start needs, so that Start is quick and does not fail for want of binaries.
func Prepare(ctx context.Context, opts Options) error { return cluster.Prepare(ctx, opts.cluster()) }

// Start makes a server with an owner, the identity who creates it.
func Start(ctx context.Context, opts Options, owner Role) (*Server, error) {
	c, err := cluster.Start(ctx, opts.cluster())
	if err != nil {
		return nil, err
	}
	s := &Server{cluster: c}
	if err := s.installAuthExtension(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := s.createOwner(ctx, owner); err != nil {
		return nil, errors.Join(fmt.Errorf("create the owner's role: %w", err), c.Close())
	}
	return s, nil
}

// Fork makes a server with a copy of all data, as a new branch has.
func (s *Server) Fork(ctx context.Context) (*Server, error) {
	c, err := s.cluster.Fork(ctx)
	if err != nil {
		return nil, err
	}
	return &Server{cluster: c}, nil
}

// Cluster is the Postgres behind it.
func (s *Server) Cluster() *cluster.Cluster { return s.cluster }

// Close removes the server and its data.
func (s *Server) Close() error { return s.cluster.Close() }

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// createOwner makes the role of the project's creator. [doc oltp/projects/manage-roles-permissions: LOGIN, CREATEDB,
// CREATEROLE, BYPASSRLS, REPLICATION, member of databricks_superuser, owner of databricks_postgres]
func (s *Server) createOwner(ctx context.Context, owner Role) error {
	owner.Superuser, owner.OAuth, owner.Login = true, true, true
	owner.CreateDB, owner.CreateRole, owner.BypassRLS = true, true, true
	if err := s.CreateRole(ctx, owner); err != nil {
		return err
	}
	return s.cluster.Exec(ctx, registry,
		"ALTER ROLE "+quote(owner.Name)+" REPLICATION",
		"ALTER DATABASE databricks_postgres OWNER TO "+quote(owner.Name))
}

// admin runs f on a connection of the superuser.
func (s *Server) admin(ctx context.Context, database string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, s.cluster.DSN("", database))
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(ctx)
	}()
	return f(conn)
}

// state is the SQLSTATE of an error of Postgres, else "".
func state(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
