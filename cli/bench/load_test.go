package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/cli"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// While each change runs, clients use the table, with a lock timeout of
// tellr's own and some: the server itself tells whether one waited longer.
func TestChangesUnderLoad(t *testing.T) {
	pg, err := cluster.Start(t.Context(), cluster.Options{})
	if errors.Is(err, cluster.ErrNoPostgres) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close() //nolint:errcheck // a temporary cluster
	u := &underLoad{
		pg: pg, dir: t.TempDir(), rows: 20_000, clients: 4, patience: 6 * time.Second,
		apply: func(ctx context.Context, file, dsn string) error {
			var out bytes.Buffer
			code := cli.Run(ctx, []string{"apply", file, "--yes"}, cli.IO{
				In: strings.NewReader(""), Out: &out, Err: &out, Now: time.Now, Who: func() string { return "test" },
				Getenv: func(k string) (string, bool) { return dsn, k == "DATABASE_URL" },
			})
			if code != 0 {
				return fmt.Errorf("exit %d\n%s", code, out.String())
			}
			return nil
		},
	}
	for _, changes := range [][]onlineChange{onlineChanges, treeChanges} {
		u.underChanges(t, changes)
		u.tree = true
	}
}

func (u *underLoad) underChanges(t *testing.T, changes []onlineChange) {
	if err := u.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n, c := range changes {
		f, err := u.measure(t.Context(), n, c, false)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		t.Logf("%s: %s, of which a client waited %s at most; %d statements meanwhile", c.name, f.took.Round(time.Millisecond), f.longest.Round(time.Millisecond), f.done)
		if f.done == 0 {
			t.Errorf("%s: no client did anything meanwhile", c.name)
		}
	}
}
