package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// TakeRole lets a session act as another role by SET ROLE, where Postgres lets it. The error is an *lakebase.Error which
// says what would make it possible.
func TakeRole(ctx context.Context, conn *pgx.Conn, role string) error {
	var me string
	var may bool
	// From version 16 on a membership may come without the right to SET ROLE.
	err := conn.QueryRow(ctx, `SELECT session_user::text, pg_has_role(session_user, oid, CASE WHEN current_setting('server_version_num')::int >= 160000
		THEN 'SET' ELSE 'MEMBER' END) FROM pg_roles WHERE rolname = $1`, role).Scan(&me, &may)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return lacking(lakebase.ErrAuthRejected, "there is no role %q", role)
	case err != nil:
		return err
	case !may:
		name, mine := pgx.Identifier{role}.Sanitize(), pgx.Identifier{me}.Sanitize()
		return &lakebase.Error{Code: lakebase.ErrPermission, Err: fmt.Errorf("%s may not act as %s", me, role),
			Hint: fmt.Sprintf("log in as the role itself, with a secret of its service principal; or let who administers the role run GRANT %s TO %s", name, mine)}
	}
	_, err = conn.Exec(ctx, "SET ROLE "+pgx.Identifier{role}.Sanitize())
	return err
}
