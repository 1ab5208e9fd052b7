package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// What the figures of a live database are to be.
const (
	aimRatio    = 2.0       // of psql with the same queries
	aimMemory   = 300 << 20 // bytes, at 10,000 tables
	aimCreation = 2 * time.Second
	aimLinear   = 1.3 // a table among the most to one among the fewest
)

var liveSizes = []int{1000, 5000, 10000}

// live is the empty plan of a database against psql running the very queries
// that tellr sends, and the plan of 5,000 tables that are not there yet.
func (b *bench) live(ctx context.Context) error {
	pg, err := cluster.Start(ctx, cluster.Options{AutoInstall: true, Progress: os.Stderr})
	if err != nil {
		return err
	}
	defer pg.Close() //nolint:errcheck // a temporary cluster
	// So many tables made in one transaction want more locks than the default.
	if err := pg.Exec(ctx, "postgres", "ALTER SYSTEM SET max_locks_per_transaction = 1024"); err != nil {
		return err
	}
	if err := pg.Restart(ctx); err != nil {
		return err
	}
	fmt.Println("live database: tables of 10 columns, 2 indexes and a foreign key")
	costs := make([]cost, len(liveSizes))
	var sent []int
	for i, n := range liveSizes {
		dir, env, dsn, err := b.database(pg, n)
		if err != nil {
			return err
		}
		if n == liveSizes[1] {
			if err := b.creation(ctx, dir, env, n); err != nil {
				return err
			}
		}
		if _, err := once(ctx, dir, env, b.tellr, "apply", "env.hcl", "--yes"); err != nil {
			return err
		}
		if err := pg.Exec(ctx, fmt.Sprintf("bench%d", n), "VACUUM ANALYZE"); err != nil {
			return err
		}
		count, err := b.messages(ctx, pg, dir, env, n)
		if err != nil {
			return err
		}
		sent = append(sent, count)
		script := filepath.Join(dir, "read.sql")
		if err := os.WriteFile(script, []byte(catalog.Script("bench", []string{"bench"}, pg.Version()*10000)), 0o644); err != nil {
			return err
		}
		got, err := b.inTurns(ctx,
			command{dir: dir, env: env, args: []string{b.tellr, "plan", "env.hcl", "--detailed-exitcode"}},
			command{dir: dir, args: []string{"psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-f", script, "-o", os.DevNull, dsn}})
		if err != nil {
			return err
		}
		costs[i] = got[0]
		row(fmt.Sprintf("empty plan of %d tables, to psql with the same queries", n),
			fmt.Sprintf("%s (%s / %s, %s cpu)", ratio(got[0].wall, got[1].wall), ms(got[0].wall), ms(got[1].wall), ms(got[0].cpu)),
			fmt.Sprintf("≤ %.0f×", aimRatio), float64(got[0].wall) <= aimRatio*float64(got[1].wall))
	}
	first, last := 0, len(liveSizes)-1
	row("messages of an empty plan, whose statements are one snapshot", strings.Trim(fmt.Sprint(sent), "[]"), "the same", sent[first] > 0 && slices.Min(sent) == slices.Max(sent))
	growth := float64(costs[last].cpu) / float64(liveSizes[last]) / (float64(costs[first].cpu) / float64(liveSizes[first]))
	row(fmt.Sprintf("cpu a table at %d, to that at %d", liveSizes[last], liveSizes[first]), fmt.Sprintf("%.2f×", growth), fmt.Sprintf("≤ %.1f×", aimLinear), growth <= aimLinear)
	row(fmt.Sprintf("memory of an empty plan of %d tables", liveSizes[last]), mb(costs[last].memory), "≤ "+mb(aimMemory), costs[last].memory <= aimMemory)
	fmt.Println()
	return nil
}

// creation measures the plan of tables that are not there; the time of the
// processors beside it tells what others did meanwhile.
func (b *bench) creation(ctx context.Context, dir string, env []string, n int) error {
	got, err := b.inTurns(ctx, command{dir: dir, env: env, args: []string{b.tellr, "plan", "env.hcl"}})
	if err != nil {
		return err
	}
	row(fmt.Sprintf("plan of the creation of %d tables", n), fmt.Sprintf("%s (%s cpu)", ms(got[0].wall), ms(got[0].cpu)), "≤ "+ms(aimCreation), got[0].wall <= aimCreation)
	return nil
}

// messages counts what a plan sends to the server, by the server's own log; all
// queries of a read are one message, and one transaction.
func (b *bench) messages(ctx context.Context, pg *cluster.Cluster, dir string, env []string, n int) (int, error) {
	database := fmt.Sprintf("bench%d", n)
	if err := pg.Exec(ctx, "postgres", "ALTER DATABASE "+database+" SET log_statement = 'all'"); err != nil {
		return 0, err
	}
	before := len(pg.Log())
	if _, err := once(ctx, dir, env, b.tellr, "plan", "env.hcl"); err != nil {
		return 0, err
	}
	said := pg.Log()[before:]
	count := 0
	for line := range strings.Lines(said) {
		if strings.Contains(line, "@"+database+" LOG:  statement:") || strings.Contains(line, "@"+database+" LOG:  execute ") {
			count++
		}
	}
	return count, pg.Exec(ctx, "postgres", "ALTER DATABASE "+database+" RESET log_statement")
}
