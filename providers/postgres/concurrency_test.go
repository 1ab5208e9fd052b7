package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/engine/apply"
)

// many applies some texts one after the other, and reports what fails.
func (d *deployer) many(texts []string, rounds int) error {
	for i := range rounds {
		if p, err := d.tryApply(d.load(texts[i%len(texts)]), false); err != nil {
			return fmt.Errorf("environment %s, round %d: %w\n%s", d.environment, i, err, show(p))
		}
	}
	return nil
}

// together runs work side by side.
func together(t *testing.T, work ...func() error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, len(work))
	for _, w := range work {
		wg.Go(func() { errs <- w() })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestTogetherInOneDatabase: two environments share a database and change the privileges of the same schema, tables and
// default privileges at once, while somebody else does so without tellr. Nobody fails.
func TestTogetherInOneDatabase(t *testing.T) {
	t.Parallel()
	a := newDeployer(t, "together_deployer")
	const schema = "schema \"s\" { instance = instance.main }\n"
	tables := schema
	for i := range 4 {
		tables += fmt.Sprintf("table \"t%d\" {\n schema = schema.s\n columns = { id = { type = \"serial\" } }\n}\n", i)
	}
	a.apply(tables)
	b := &deployer{t: t, environment: "other", w: a.w}
	grants := func(to, privileges string) string {
		return fmt.Sprintf("grants \"g\" {\n schema = \"s\"\n to = %q\n tables = [%s]\n on_schema = [\"USAGE\"]\n}\n", to, privileges)
	}
	anchor := "schema \"b\" { instance = instance.main }\n"
	together(t,
		func() error {
			return a.many([]string{tables + grants("reader", `"SELECT"`), tables + grants("reader", `"UPDATE", "DELETE"`), tables}, 15)
		},
		func() error {
			return b.many([]string{anchor + grants("sp-other", `"INSERT"`), anchor + grants("sp-other", `"SELECT", "TRUNCATE"`), anchor}, 15)
		},
		func() error {
			ctx := context.Background()
			conn, err := pgx.Connect(ctx, a.w.dsn)
			if err != nil {
				return err
			}
			defer conn.Close(ctx)
			for i := range 100 { // whoever takes no lock may fail, but harms nobody
				_, _ = conn.Exec(ctx, fmt.Sprintf("GRANT SELECT ON ALL TABLES IN SCHEMA s TO \"sp-slides\"; REVOKE ALL ON s.t%d FROM \"sp-slides\"", i%4))
			}
			return nil
		},
	)
}

// TestTogetherInOneCluster: two databases share roles, where no lock holds for both.
func TestTogetherInOneCluster(t *testing.T) {
	t.Parallel()
	a, b := newDeployer(t, "cluster_deployer"), newDeployer(t, "cluster_deployer")
	role := func(limit int, members string) string {
		return fmt.Sprintf("role \"cluster_group\" {\n instance = instance.main\n connection_limit = %d\n members = [%s]\n set = { work_mem = \"%dMB\" }\n}\n", limit, members, limit)
	}
	texts := []string{role(3, `"reader"`), role(4, `"reader", "sp-other"`), role(5, ``)}
	a.apply(texts[0])
	b.apply(texts[0])
	// What one did may be what the other is about to do: a plan that is no longer true is refused, and made again.
	work := func(d *deployer, from int) func() error {
		return func() error {
			for i := range 20 {
				desired := d.load(texts[(i+from)%len(texts)])
				for n := 0; ; n++ {
					p, err := d.tryApply(desired, false)
					if err == nil {
						break
					}
					if !isStale(err) || n == 50 {
						return fmt.Errorf("round %d: %w\n%s", i, err, show(p))
					}
				}
			}
			return nil
		}
	}
	together(t, work(a, 0), work(b, 1))
}

func isStale(err error) bool {
	var stale *apply.Stale
	return errors.As(err, &stale)
}

// TestRoleChangedMeanwhile: somebody in another database changes the same role in a transaction that is still open. Who
// comes second waits, reads "tuple concurrently updated", and begins again.
func TestRoleChangedMeanwhile(t *testing.T) {
	t.Parallel()
	a, b := newDeployer(t, "meanwhile_deployer"), newDeployer(t, "meanwhile_deployer")
	role := func(more string) string { return "role \"meanwhile\" {\n instance = instance.main\n" + more + "\n}\n" }
	a.apply(role(""))
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, b.w.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "BEGIN; ALTER ROLE meanwhile CONNECTION LIMIT 9; GRANT meanwhile TO reader"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := a.tryApply(a.load(role("comment = \"new\"\n createdb = false\n connection_limit = 7\n members = [\"reader\"]")), false)
		done <- err
	}()
	for deadline := time.Now().Add(30 * time.Second); ; {
		if a.super("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'tellr apply%' AND datname = '"+databaseOf(a.w.dsn)+"'") == "1" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the apply does not wait")
		}
	}
	if _, err := conn.Exec(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	a.wants("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'meanwhile'", "7")
	a.wants("SELECT pg_has_role('reader', 'meanwhile', 'MEMBER')", "t")
}
