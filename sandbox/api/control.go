package api

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

// What tests and /sandbox/ do to the workspace from outside the API.

// branchOf finds a branch of a project or provisioned instance; an empty branch is the default one.
func (s *Server) branchOf(name, branch string) (*branch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.projects[name]
	if !ok {
		return nil, fmt.Errorf("there is no project or instance %s in the sandbox", name)
	}
	if branch == "" {
		return p.branchByName(p.defaultBranch), nil
	}
	b, ok := p.branches[branch]
	if !ok {
		return nil, fmt.Errorf("project %s has no branch %s", name, branch)
	}
	return b, nil
}

// Admin is a DSN of the superuser of a branch's Postgres that bypasses the gateway, on database databricks_postgres. It
// wakes the branch.
func (s *Server) Admin(ctx context.Context, name, branch string) (string, error) {
	b, err := s.branchOf(name, branch)
	if err != nil {
		return "", err
	}
	pg, refused := b.running(ctx)
	if refused != nil {
		return "", fmt.Errorf("branch %s: %w", b.name(), refused)
	}
	return pg.Cluster().DSN("", lakebase.DefaultDatabase), nil
}

// Suspend scales a branch to zero now. The next connection wakes it.
func (s *Server) Suspend(name, branch string) error {
	b, err := s.branchOf(name, branch)
	if err != nil {
		return err
	}
	return s.suspend(b)
}

// Restart restarts the Postgres of a branch, or for an empty name of all, which ends every session.
func (s *Server) Restart(ctx context.Context, name, branchID string) error {
	var branches []*branch
	if name != "" {
		b, err := s.branchOf(name, branchID)
		if err != nil {
			return err
		}
		branches = append(branches, b)
	} else {
		s.mu.Lock()
		for _, p := range s.projects {
			for _, b := range p.branches {
				branches = append(branches, b)
			}
		}
		s.mu.Unlock()
	}
	var errs []error
	for _, b := range branches {
		errs = append(errs, b.restart(ctx))
	}
	return errors.Join(errs...)
}

func (b *branch) restart(ctx context.Context) error {
	b.power.Lock()
	defer b.power.Unlock()
	s := b.project.server
	s.mu.Lock()
	pg, asleep := b.postgres, b.asleep
	s.mu.Unlock()
	if pg == nil || asleep {
		return nil
	}
	return pg.Cluster().Restart(ctx)
}

// AppEnvironment is what the platform gives to an app's process: its service principal's credentials and, for its first
// database resource, PG variables without a password. [doc dev-tools/databricks-apps/lakebase]
func (s *Server) AppEnvironment(name string) (map[string]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.apps[name]
	if !ok {
		return nil, fmt.Errorf("there is no app %s in the sandbox", name)
	}
	env := map[string]string{"DATABRICKS_CLIENT_ID": a.identity.UserName, "DATABRICKS_CLIENT_SECRET": a.identity.secret,
		"DATABRICKS_APP_NAME": a.name, "DATABRICKS_APP_PORT": "8000", "DATABRICKS_WORKSPACE_ID": workspaceID}
	for _, r := range a.Resources {
		var b *branch
		database := lakebase.DefaultDatabase
		switch {
		case r.Database != nil && s.instances[r.Database.Instance] != nil:
			b, database = s.instances[r.Database.Instance].project.branches["production"], r.Database.Database
		case r.Postgres != nil:
			if b = s.branchByPath(r.Postgres.Branch); b != nil && r.Postgres.Database != "" {
				database = b.databaseIDs[r.Postgres.Database[len(b.name()+"/databases/"):]]
			}
		}
		if b == nil || b.readWrite() == nil {
			continue
		}
		host, port, err := net.SplitHostPort(b.readWrite().listener.Host())
		if err != nil {
			host, port = b.readWrite().listener.Host(), "5432"
		}
		env["PGHOST"], env["PGPORT"], env["PGDATABASE"], env["PGUSER"] = host, port, database, a.identity.UserName
		env["PGAPPNAME"], env["PGSSLMODE"] = a.name, "require"
		break
	}
	return env, nil
}
