package session

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tellr-dev/tellr/engine/resource"
)

// takePrivilegesLock is held by a transaction of this database from its first change of roles, privileges or owners to its
// end. GRANT takes no lock on what it is about: of two that change the privileges of one table at once, the later one
// fails with "tuple concurrently updated". Environments that share a database have an apply lock each, so that lock
// does not keep them apart.
const takePrivilegesLock = "SELECT pg_advisory_xact_lock(7821647125412907635)"

// changesPrivileges tells whether a step writes what GRANT and REVOKE write, or roles, or default privileges.
func changesPrivileges(step *resource.Step) bool {
	switch step.Address.Kind {
	case "role", "grants", "schema":
		return true
	}
	return slices.ContainsFunc(step.Statements, func(st resource.Statement) bool {
		return len(st.SQL) > 0 && strings.Contains(st.SQL[0].Text, " OWNER TO ")
	})
}

// lockPrivileges takes the lock, unless the transaction has it already. It is among the messages that a transaction
// which begins again runs again.
func (s *Session) lockPrivileges(ctx context.Context, progress func(string)) error {
	if slices.Contains(s.done, takePrivilegesLock) {
		return nil
	}
	if _, err := s.transact(ctx, takePrivilegesLock, progress); err != nil {
		return err
	}
	s.done = append(s.done, takePrivilegesLock)
	return nil
}

// retry says why a transaction is to begin again after an error; "" if it is not. Roles are shared by all databases of a
// cluster, where no lock can be held together, and other programs take no lock at all: who came second reads
// "tuple concurrently updated", or that a row of the catalog is there already.
func (s *Session) retry(err error) string {
	var pg *pgconn.PgError
	switch {
	case !errors.As(err, &pg):
		return ""
	case pg.Code == "55P03":
		return "a lock was not free within " + s.o.LockTimeout.String()
	case pg.Code == "40P01":
		return "another transaction waited for this one and this one for it"
	case pg.Code == "XX000" && strings.HasPrefix(pg.Message, "tuple concurrently "),
		pg.Code == "23505" && pg.SchemaName == "pg_catalog":
		return "somebody else changed the same roles or privileges"
	default:
		return ""
	}
}
