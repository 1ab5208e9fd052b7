package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/runtime/doctor"
	"github.com/tellr-dev/tellr/runtime/lakebase"
)

type psqlOptions struct {
	reaching
	SQL    string
	Format string
	Args   []string // psql's own
}

func newPsqlCommand(p *program) *cobra.Command {
	o := psqlOptions{Format: "table"}
	o.name = "tellr psql"
	cmd := &cobra.Command{
		Use:   "psql ENVIRONMENT.hcl [-- PSQL ARGS...]",
		Short: "Open psql on an environment's database, or run a statement",
		Long: `psql opens psql on the database of an environment with a fresh token, a verified
server, and search_path at the environment's schema. With -c it runs statements
itself and prints their rows, so that psql need not be installed; they run in one
transaction, unless they say otherwise.

It logs in as the deployer. With --as-app it acts as the bound app: with a secret
of its service principal in TELLR_APP_CLIENT_SECRET it is the app; without one it
takes the app's role by SET ROLE, where Postgres lets the deployer do so.

The token goes to psql by its environment, never as an argument.`,
		Example: `  tellr psql environments/dev.hcl
  tellr psql environments/dev.hcl -c 'SELECT count(*) FROM user_sessions'
  tellr psql environments/dev.hcl -c 'TABLE user_sessions' --format csv > sessions.csv
  tellr psql environments/dev.hcl --as-app -c 'INSERT INTO notes (body) VALUES ($$x$$)'
  tellr psql environments/dev.hcl -- -f migration.sql -v ON_ERROR_STOP=1
  echo 'SELECT 1' | tellr psql environments/dev.hcl -c -`,
		Annotations: exits{
			exitDone:  "done; of psql: its exit status, whatever it is",
			exitError: "the database cannot be reached, or a statement failed",
		}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			if at := cmd.ArgsLenAtDash(); at >= 0 {
				args = args[:at]
			}
			if err := wordApart(cmd, args); err != nil {
				return err
			}
			return one("an environment file", "tellr psql environments/dev.hcl")(cmd, args)
		},
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file, o.Args = args[0], args[1:]
			return p.runPsql(cmd.Context(), o, cmd.Flags().Changed("command"))
		},
	}
	cmd.Flags().StringVarP(&o.SQL, "command", "c", "", "run the statements `SQL` and end; - reads them from standard input")
	cmd.Flags().Var(&choice{&o.Format, []string{"table", "csv", "json"}}, "format", "how -c prints rows: `FORMAT` is table, csv, or json (an object a row)")
	o.flags(cmd)
	return cmd
}

func (p *program) runPsql(ctx context.Context, o psqlOptions, command bool) error {
	switch {
	case command && len(o.Args) > 0:
		return fail("-c is run by tellr itself, and what follows -- is for psql", "", "write one of them: tellr psql "+o.file+" -- -c SQL …")
	case o.SQL == "-":
		text, err := io.ReadAll(p.In)
		if err != nil {
			return err
		}
		o.SQL = string(text)
	}
	if command && strings.HasPrefix(strings.TrimSpace(o.SQL), `\`) {
		return fail("commands with a backslash are psql's own", "-c is run by tellr itself", fmt.Sprintf("tellr psql %s -- -c '%s'", o.file, strings.TrimSpace(o.SQL)))
	}
	client := ""
	if !command {
		var err error
		if client, err = exec.LookPath("psql"); err != nil {
			return fail("psql is not installed", "tellr opens it, and does not bring it",
				"install it (Debian: apt-get install postgresql-client, macOS: brew install libpq), or run statements without it: tellr psql "+o.file+" -c 'SELECT …'")
		}
	}
	r, err := p.reach(ctx, o.reaching, "psql")
	if err != nil {
		return err
	}
	c, err := r.connector(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if !command {
		if r.role != "" || c.Resolution().Kind.IsLakebase() {
			// It wakes a suspended compute, for which psql would not wait, and knows cures that psql does not.
			if err := p.onDatabase(ctx, r, c, func(*pgx.Conn) error { return nil }); err != nil {
				return err
			}
		}
		return p.openPsql(ctx, r, c, client, o.Args)
	}
	return p.onDatabase(ctx, r, c, func(conn *pgx.Conn) error { return p.runSQL(ctx, conn, o.SQL, o.Format) })
}

// onDatabase does something on a connection that is as psql's would be.
func (p *program) onDatabase(ctx context.Context, r *reached, c *lakebase.Connector, do func(*pgx.Conn) error) error {
	pool, err := c.Pool(ctx)
	if err != nil {
		return r.explain(err)
	}
	defer pool.Close()
	return r.explain(pool.AcquireFunc(ctx, func(pooled *pgxpool.Conn) error {
		conn := pooled.Conn()
		if path := searchPath(r.schemas); path != "" {
			if _, err := conn.Exec(ctx, "SET search_path TO "+path); err != nil {
				return err
			}
		}
		if r.role != "" {
			if err := takeRole(ctx, conn, r.role); err != nil {
				return err
			}
		}
		return do(conn)
	}))
}

// takeRole is the app's role for a deployer, or a refusal that says what to do.
func takeRole(ctx context.Context, conn *pgx.Conn, role string) error {
	err := doctor.TakeRole(ctx, conn, role)
	if e := lakebase.Explain(err); e != nil && errors.Is(err, lakebase.ErrPermission) {
		detail := ""
		if e.Err != nil {
			detail = e.Err.Error()
		}
		return fail("you may not act as the app", detail,
			secretCure(role, e.Hint))
	}
	return err
}

// secretCure words what lets the deployer act as an app.
func secretCure(role, hint string) string {
	_, or, _ := strings.Cut(hint, "; ")
	return fmt.Sprintf("set %s to an OAuth secret of its service principal (workspace settings, Service principals, %s, Secrets), and tellr logs in as the app itself; %s",
		appSecret, role, or)
}

// searchPath is a list of schemas as SQL.
func searchPath(schemas []string) string {
	var quoted []string
	for _, s := range schemas {
		quoted = append(quoted, pgx.Identifier{s}.Sanitize())
	}
	return strings.Join(quoted, ", ")
}
