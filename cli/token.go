package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

type tokenOptions struct {
	reaching
	JSON bool
}

func newTokenCommand(p *program) *cobra.Command {
	o := tokenOptions{}
	o.name = "tellr token"
	cmd := &cobra.Command{
		Use:   "token [ENVIRONMENT.hcl]",
		Short: "Print a fresh database token",
		Long: `token prints a database token, the password of the next logins, and nothing else on
standard output; whose it is and when it ends stands on standard error. Without a
file it is for the database that this process's environment names, as tellr env
shows it; with one, for an instance of that environment.

It is a password: it opens the database for an hour. For programs there are
tellr run and tellr proxy, which keep a valid token by themselves.`,
		Example: `  PGPASSWORD=$(tellr token) psql

  # of an environment's instance, and of its app instead of the deployer
  tellr token environments/dev.hcl
  TELLR_APP_CLIENT_SECRET=… tellr token environments/dev.hcl --as-app

  # with all that a connection needs
  tellr token environments/dev.hcl --json`,
		Annotations: exits{exitDone: "done", exitError: "there is no token: the error says why, and what to do"}.annotations(),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.Flags().Changed("env") {
				return fail("the environment is named twice", "", "write tellr token "+args[0])
			}
			return atMostOne("an environment file", "tellr token environments/dev.hcl")(cmd, args)
		},
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.file = args[0]
			}
			return p.runToken(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.file, "env", "", "the environment `FILE`; the same as the argument")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print one JSON object with token, expiry, host, port, user and database")
	o.flags(cmd)
	return cmd
}

// tokenJSON is what tellr token --json prints.
type tokenJSON struct {
	Token    string    `json:"token"`
	Expires  time.Time `json:"expires"`
	Kind     string    `json:"kind"`
	Host     string    `json:"host"`
	Port     uint16    `json:"port"`
	User     string    `json:"user"`
	Database string    `json:"database"`
}

func (p *program) runToken(ctx context.Context, o tokenOptions) error {
	r, err := p.database(ctx, o.reaching, "token")
	if err != nil {
		return err
	}
	if r.role != "" {
		return fail("there is no token of "+r.role+" for you", "a token is of who asks for it, and the app's service principal is another",
			"set "+appSecret+" to an OAuth secret of the service principal (workspace settings, Service principals, Secrets); "+
				"for statements as the app, tellr psql "+o.file+" --as-app may do")
	}
	c, err := r.connector(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	at := c.Resolution()
	if !at.Kind.IsLakebase() {
		return fail("this database needs no token", "it is used with the password that its URL or PGPASSWORD says", "")
	}
	t, err := c.Token(ctx)
	if err != nil {
		return r.explain(err)
	}
	expires := t.Expiry().UTC()
	// To the stream itself: what p.Out writes is cleared of secrets.
	if o.JSON {
		data, err := json.Marshal(tokenJSON{t.Secret(), expires, string(at.Kind), at.Host, at.Port, at.User, at.Database})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.streams.Out, "%s\n", data)
		return err
	}
	if _, err := fmt.Fprintln(p.streams.Out, t.Secret()); err != nil {
		return err
	}
	who := t.Identity()
	if who == "" {
		who = at.User
	}
	fmt.Fprintf(p.Err, "A token of %s for %s, valid until %s.\n", who, c.Address(), expires.Format("2006-01-02 15:04:05 MST"))
	if id := t.Identity(); id != "" && id != at.User {
		fmt.Fprintf(p.Err, "The role is %s (%s): the login works if it is a group that %s is in.\n", at.User, at.Source("user"), id)
	}
	if p.OutTerminal {
		fmt.Fprintln(p.Err, "It is a password: who reads it on this screen can log in until then.")
	}
	return nil
}

// database is the one of an environment's file, or else of the process.
func (p *program) database(ctx context.Context, o reaching, verb string) (*reached, error) {
	if o.file != "" {
		return p.reach(ctx, o, verb)
	}
	if o.instance != "" || o.asApp != "" || len(o.vars) > 0 {
		return nil, fail("--instance, --as-app and --var say what of an environment is meant, and none is named", "", "tellr "+verb+" environments/dev.hcl …")
	}
	return p.process(o.name), nil
}

// atMostOne is a cobra check for no argument or one.
func atMostOne(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		if err := wordApart(cmd, args); err != nil {
			return err
		}
		return one(what, example)(cmd, args)
	}
}
