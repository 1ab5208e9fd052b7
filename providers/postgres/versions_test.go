package postgres_test

import (
	"context"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// databases gives what makes databases on a server that has a version, or a later one.
type databases func(t *testing.T, from string) func(*testing.T) string

// laterServer gives databases of the newest version to the cases that need it, on a server that starts when the first of
// them asks. A run on an older version skips those cases.
func laterServer(t *testing.T) databases {
	t.Helper()
	start := sync.OnceValues(func() (*cluster.Cluster, error) {
		c, err := cluster.Start(context.Background(), cluster.Options{Version: 18})
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = c.Close() })
		return c, c.Exec(context.Background(), "postgres", testRoles...)
	})
	return func(t *testing.T, from string) func(*testing.T) string {
		t.Helper()
		if v := os.Getenv("TELLR_TEST_POSTGRES"); v != "" || os.Getenv("TELLR_TEST_DATABASE_URL") != "" {
			have, _ := strconv.Atoi(v)
			if want, err := strconv.Atoi(from); err != nil || have < want {
				t.Skip("from version " + from)
			}
			return database
		}
		c, err := start()
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip("no server: ", err)
		}
		return func(t *testing.T) string { return databaseOn(t, c) }
	}
}
