package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// start is how long the program takes to come and go.
func (b *bench) start(ctx context.Context) error {
	got, err := b.inTurns(ctx, command{args: []string{b.tellr, "version"}}, command{args: []string{"git", "--version"}})
	if err != nil {
		return err
	}
	fmt.Printf("start: tellr version %s (aim 30 ms), git --version %s, ratio %s, %s\n\n", ms(got[0].wall), ms(got[1].wall), ratio(got[0].wall, got[1].wall), mb(got[0].memory))
	return nil
}

// offline is the plan of many tables against an empty recorded state: files,
// references, comparison, SQL and text, without network.
func (b *bench) offline(ctx context.Context) error {
	empty := filepath.Join(b.dir, "empty.json")
	if err := os.WriteFile(empty, []byte("{\"format\": 1, \"environment\": \"bench\", \"snapshots\": []}\n"), 0o644); err != nil {
		return err
	}
	fmt.Println("plan offline (aim: 100 tables 30 ms, 1,000 tables 200 ms, 5,000 tables 1 s and 150 MB, ≤ 1.3× a table)")
	fmt.Println("  small: 3 columns, a key; the others: 10 columns, a key, and wide: 2 indexes and a foreign key")
	for _, s := range shapes {
		var commands []command
		sizes := []int{100, 1000, 5000}
		for _, n := range sizes {
			dir, err := b.environment(s, n)
			if err != nil {
				return err
			}
			commands = append(commands, command{dir: dir, env: []string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/none"},
				args: []string{b.tellr, "plan", "env.hcl", "--from", empty}})
		}
		got, err := b.inTurns(ctx, commands...)
		if err != nil {
			return err
		}
		for i, n := range sizes {
			fmt.Printf("  %-9s %5d tables  %8s wall  %8s cpu  %7s\n", s.name, n, ms(got[i].wall), ms(got[i].cpu), mb(got[i].memory))
		}
		fmt.Printf("  %-9s a table at 5,000 to one at 1,000: %s wall, %s cpu\n", s.name, ratio(got[2].wall, 5*got[1].wall), ratio(got[2].cpu, 5*got[1].cpu))
	}
	fmt.Println()
	return nil
}

// apply is 1,000 new tables against psql -1 -f of the same SQL.
func (b *bench) apply(ctx context.Context) error {
	pg, err := cluster.Start(ctx, cluster.Options{AutoInstall: true, Progress: os.Stderr})
	if err != nil {
		return err
	}
	defer pg.Close() //nolint:errcheck // a temporary cluster
	const n = 1000
	dir, env, dsn, err := b.database(pg, n)
	if err != nil {
		return err
	}
	fresh := func() error {
		if err := pg.DropDatabase("bench1000"); err != nil {
			return err
		}
		return pg.CreateDatabase("bench1000")
	}
	file := filepath.Join(dir, "p.json")
	if _, err := once(ctx, dir, env, b.tellr, "plan", "env.hcl", "--out", file); err != nil {
		return err
	}
	script := filepath.Join(dir, "apply.sql")
	if err := writeScript(file, script); err != nil {
		return err
	}
	got, err := b.inTurns(ctx,
		command{dir: dir, env: env, args: []string{b.tellr, "apply", file, "--yes"}, prepare: fresh},
		command{dir: dir, args: []string{"psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", script, dsn}, prepare: fresh})
	if err != nil {
		return err
	}
	fmt.Printf("apply of %d new tables (aim ≤ 1.3× psql -1 -f of the same SQL)\n  tellr %s  psql %s  ratio %s\n\n", n, ms(got[0].wall), ms(got[1].wall), ratio(got[0].wall, got[1].wall))
	return nil
}

func writeScript(planFile, script string) error {
	data, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	p, err := plan.Decode(data)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, s := range p.Steps {
		for _, st := range s.Statements {
			b.WriteString(st.SQL.String() + ";\n")
		}
	}
	return os.WriteFile(script, []byte(b.String()), 0o644)
}

// database makes an empty database and an environment of n tables for it.
func (b *bench) database(pg *cluster.Cluster, n int) (dir string, env []string, dsn string, err error) {
	dir, err = b.environment(wide, n)
	if err != nil {
		return "", nil, "", err
	}
	name := fmt.Sprintf("bench%d", n)
	if err := pg.CreateDatabase(name); err != nil {
		return "", nil, "", err
	}
	dsn = pg.DSN(pg.Superuser(), name)
	return dir, []string{"DATABASE_URL=" + dsn}, dsn, nil
}
