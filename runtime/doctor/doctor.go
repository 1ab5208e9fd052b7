package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// Outcome is how a check ended.
type Outcome string

// The outcomes of a check.
const (
	OK      Outcome = "ok"
	Warn    Outcome = "warn" // it works, and may not for long, or not for all
	Fail    Outcome = "FAIL"
	Skipped Outcome = "skipped"
)

// Check is one step and what was found.
type Check struct {
	Name    string // such as "token"
	Of      string // whose rights, where several are asked about
	Outcome Outcome
	Detail  string        // what was found, or why not; one line, without secrets
	Code    lakebase.Code // the row of lakebase.Table; empty where it has none
	Cure    string        // what to do; empty when all is well
	Took    time.Duration
}

// The names of the checks, in the order in which they are made.
const (
	Environment = "environment"
	Workspace   = "workspace"
	Token       = "token"
	DNS         = "dns"
	TCP         = "tcp"
	TLS         = "tls"
	Login       = "login"
	SetRole     = "set role" // only where Request.As names a role
	Role        = "role"
	Schema      = "schema"
	Tables      = "tables"
	Sequences   = "sequences"
	Defaults    = "defaults"
)

// Names lists the checks in their order.
func Names() []string {
	return []string{Environment, Workspace, Token, DNS, TCP, TLS, Login, SetRole, Role, Schema, Tables, Sequences, Defaults}
}

// Request says what to examine.
type Request struct {
	Env    func(string) string // variables of the process
	Config lakebase.Config     // what the environment is not to decide
	// Options go to the connector as well, such as WithTLSConfig.
	Options []lakebase.Option
	// Accounts are whose rights are looked at. Without any it is who logs in, in the schema of the resolution.
	Accounts []Account
	// As is a role to take after the login, by SET ROLE; its rights are then those that are looked at.
	As string
	// Source is who named the Config, such as a file; for messages.
	Source string
	// Cure may word the cure of a check that failed better than the table; may be nil.
	Cure func(Check) string
	// Tell hears of each check as soon as it is made; may be nil.
	Tell func(Check)
	Now  func() time.Time
}

// Account is a role and what it is to be able to do.
type Account struct {
	Label string // how it is called, such as app.slides; may be empty
	Role  string // empty is who logs in
	Needs []Need
	// Absent says why there is no such role, where that is known, and Cure what to do.
	Absent, Cure string
}

// Need is what a role needs in a schema.
type Need struct {
	Schema                      string
	OnSchema, Tables, Sequences []string // privileges, such as SELECT
	// Inferred needs are not declared anywhere: one who may only read is warned of, and not failed.
	Inferred bool
}

// Usual is what an application needs that nobody has asked.
func Usual(schema string) Need {
	return Need{Schema: schema, OnSchema: []string{"USAGE"}, Tables: []string{"SELECT", "INSERT", "UPDATE", "DELETE"},
		Sequences: []string{"USAGE"}, Inferred: true}
}

// Examine makes all checks.
func Examine(ctx context.Context, req Request) []Check {
	x := &examination{Request: req}
	x.examine(ctx)
	return x.checks
}

// Failed tells whether any of the checks did.
func Failed(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.Outcome == Fail })
}

type examination struct {
	Request
	checks []Check
	failed string // the first check that failed, on which the others depend
}

// finding is what a step finds when it does not fail.
type finding struct {
	detail string
	cure   string // of a warning
	skip   bool
}

func found(format string, args ...any) (finding, error) {
	return finding{detail: fmt.Sprintf(format, args...)}, nil
}

func unneeded(why string) (finding, error) { return finding{detail: why, skip: true}, nil }

// step makes a check that all later ones depend on. After one that failed it is skipped.
func (x *examination) step(ctx context.Context, name string, most time.Duration, look func(context.Context) (finding, error)) bool {
	if x.failed != "" {
		x.add(Check{Name: name, Outcome: Skipped, Detail: "because " + x.failed + " failed"})
		return false
	}
	if !x.look(ctx, name, "", most, look) {
		x.failed = name
	}
	return x.failed == ""
}

// look makes a check; false when it fails.
func (x *examination) look(ctx context.Context, name, of string, most time.Duration, look func(context.Context) (finding, error)) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	began := x.Now()
	f, err := look(ctx)
	c := Check{Name: name, Of: of, Outcome: OK, Detail: f.detail, Cure: f.cure, Took: x.Now().Sub(began)}
	switch {
	case err != nil:
		c.Outcome = Fail
		c.Code, c.Detail, c.Cure = explain(err)
	case f.skip:
		c.Outcome = Skipped
	case f.cure != "":
		c.Outcome = Warn
	}
	x.add(c)
	return err == nil
}

func (x *examination) add(c Check) {
	if c.Outcome == Fail && x.Cure != nil {
		c.Cure = x.Cure(c)
	}
	x.checks = append(x.checks, c)
	if x.Tell != nil {
		x.Tell(c)
	}
}

// explain takes an error apart: its cause, what happened, and the cure.
func explain(err error) (code lakebase.Code, detail, cure string) {
	known := lakebase.Explain(err)
	if known == nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return "", "no answer in time", ""
		}
		return "", err.Error(), ""
	}
	entry, _ := known.Code.Lookup()
	detail = entry.Meaning
	if known.Err != nil {
		detail += ": " + reason(known.Err)
	}
	return known.Code, detail, known.Hint
}

// reason is the cause without what pgx puts around it.
func reason(err error) string {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return fmt.Sprintf("%s (SQLSTATE %s)", refused.Message, refused.Code)
	}
	var inner *lakebase.Error
	if errors.As(err, &inner) && inner.Err != nil {
		return reason(inner.Err)
	}
	return err.Error()
}

func (x *examination) examine(ctx context.Context) {
	var r *lakebase.Resolution
	x.step(ctx, Environment, time.Minute, func(context.Context) (_ finding, err error) {
		if r, err = lakebase.Resolve(x.Env, x.Config); err != nil {
			return finding{}, err
		}
		f := finding{detail: x.target(r)}
		if r.Kind == lakebase.KindLocal {
			f.cure = hint(lakebase.ErrNoEnvironment)
		}
		return f, nil
	})
	tokens := r != nil && r.Kind.IsLakebase()
	var c *lakebase.Connector
	x.step(ctx, Workspace, 40*time.Second, func(ctx context.Context) (f finding, err error) {
		asked := r.Host == "" || r.User == "" || r.Kind == lakebase.KindUnknown || r.Endpoint == "" && r.Instance == ""
		options := append([]lakebase.Option{lakebase.WithEnv(x.Env), lakebase.WithConfig(x.Config), lakebase.WithLazyRefresh()}, x.Options...)
		if c, err = lakebase.New(ctx, options...); err != nil {
			return finding{}, err
		}
		r = c.Resolution()
		switch {
		case !tokens:
			return unneeded("this database needs no token")
		case !asked:
			return unneeded("the environment says everything")
		}
		return found("%s is at %s, and the role %s", cmp.Or(r.Endpoint, r.Instance), c.Address(), r.User)
	})
	if c != nil {
		defer c.Close()
	}
	x.step(ctx, Token, 40*time.Second, func(ctx context.Context) (finding, error) {
		if !tokens {
			return unneeded("this database needs no token")
		}
		return x.token(ctx, c, r)
	})
	var pool *pgxpool.Pool
	if c != nil && x.failed == "" {
		x.network(ctx, c, r)
	} else {
		for _, name := range []string{DNS, TCP, TLS} {
			x.step(ctx, name, 0, nil)
		}
	}
	var s *session
	x.step(ctx, Login, time.Minute, func(ctx context.Context) (f finding, err error) {
		if pool, err = c.Pool(ctx); err != nil {
			return finding{}, err
		}
		s, f, err = x.login(ctx, c, pool)
		return f, err
	})
	if pool != nil {
		defer pool.Close()
	}
	if s != nil {
		defer s.Release()
	}
	x.rights(ctx, s, r)
}

// target says which database it is and who named it.
func (x *examination) target(r *lakebase.Resolution) string {
	name := cmp.Or(r.Endpoint, r.Instance, r.Host)
	source := r.Source("kind")
	for _, s := range []string{"endpoint", "instance", "host"} {
		if from := r.Source(s); from != "" && from != "api" {
			source = from
			break
		}
	}
	if source == "option" && x.Source != "" {
		source = x.Source
	}
	if name == "" {
		return fmt.Sprintf("%s, from %s", r.Kind, source)
	}
	return fmt.Sprintf("%s %s, from %s", r.Kind, name, source)
}

// token asks for one and looks at whose it is and how long it lives.
func (x *examination) token(ctx context.Context, c *lakebase.Connector, r *lakebase.Resolution) (finding, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return finding{}, err
	}
	left := t.Expiry().Sub(x.Now().Round(0)).Round(time.Second)
	who := cmp.Or(t.Identity(), "an identity that it does not tell")
	f := finding{detail: fmt.Sprintf("of %s, for %s", who, left)}
	if id := t.Identity(); id != "" && id != r.User {
		f.detail += fmt.Sprintf("; the role is %s, from %s", r.User, r.Source("user"))
		f.cure = "the role must be the token's identity, or a group that it is in: set PGUSER to " + id + ", or log in to the workspace as " + r.User
	}
	return f, nil
}
