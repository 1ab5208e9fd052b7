package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// loadHead is what the changes of a table under load begin from.
const loadHead = `environment "load" {}

instance "main" {
  postgres { url = env("DATABASE_URL") }
}

schema "shop" {
  instance = instance.main
}

table "accounts" {
  schema      = schema.shop
  columns     = { id = { type = "integer" } }
  primary_key = ["id"]
}
`

const loadTable = `
table "orders" {
  schema = schema.shop
  columns = {
    id      = { type = "bigint", identity = "by default" }
    account = { type = "integer" }
    state   = { type = "text" }
    total   = { type = "integer" }
    note    = { type = "text" }
  }
  primary_key = ["id"]
  indexes     = { orders_state = { columns = ["state"] } }
}
`

// loadTree is a table of four partitions; no client writes to the first, which can leave.
const loadTree = `
table "events" {
  schema       = schema.shop
  partition_by = "RANGE (account)"
  columns = {
    id      = { type = "bigint", identity = "by default" }
    account = { type = "integer" }
    state   = { type = "text" }
    total   = { type = "integer" }
    note    = { type = "text" }
  }
  primary_key = ["id", "account"]
  indexes     = { events_state = { columns = ["state"] } }
}
table "events_0" {
  schema       = schema.shop
  partition_of = table.events
  values       = "FROM (MINVALUE) TO (251)"
}
table "events_1" {
  schema       = schema.shop
  partition_of = table.events
  values       = "FROM (251) TO (501)"
}
table "events_2" {
  schema       = schema.shop
  partition_of = table.events
  values       = "FROM (501) TO (751)"
}
table "events_3" {
  schema       = schema.shop
  partition_of = table.events
  values       = "FROM (751) TO (MAXVALUE)"
}
`

// standing is what a partition's block says of its parent, and detached what it says when it is a table of its own.
const (
	standing = `
  partition_of = table.events
  values       = "FROM (MINVALUE) TO (251)"
`
	detached = `
  columns = {
    id      = { type = "bigint" }
    account = { type = "integer" }
    state   = { type = "text" }
    total   = { type = "integer" }
    note    = { type = "text" }
  }
  primary_key = ["id", "account"]
  indexes     = { events_0_state_idx = { columns = ["state"] } }
`
)

// accounts is how many accounts the orders have.
const accounts = 1000

// onlineChange is a change of the table that is used: of its block, and as SQL
// that says the same in plain statements.
type onlineChange struct {
	name, from, to string
	plain          string
}

var onlineChanges = []onlineChange{
	{"create index", `{ columns = ["state"] } }`, `{ columns = ["state"] }, orders_account = { columns = ["account"] } }`,
		"CREATE INDEX orders_account ON shop.orders (account)"},
	{"replace index", `{ columns = ["state"] }`, `{ columns = ["state", "account"] }`,
		"DROP INDEX shop.orders_state; CREATE INDEX orders_state ON shop.orders (state, account)"},
	{"add unique constraint", "  indexes ", `  uniques     = { orders_u = { columns = ["account", "id"] } }` + "\n  indexes ",
		"ALTER TABLE shop.orders ADD CONSTRAINT orders_u UNIQUE (account, id)"},
	{"add foreign key", "  indexes ", `  foreign_keys = { orders_account = { columns = ["account"], references = table.accounts } }` + "\n  indexes ",
		"ALTER TABLE shop.orders ADD CONSTRAINT orders_account FOREIGN KEY (account) REFERENCES shop.accounts (id)"},
	{"add check", "  indexes ", `  checks      = { total_positive = "total >= 0 AND note <> repeat('x', 40)" }` + "\n  indexes ",
		"ALTER TABLE shop.orders ADD CONSTRAINT total_positive CHECK (total >= 0 AND note <> repeat('x', 40))"},
	{"set not null", `state   = { type = "text" }`, `state   = { type = "text", not_null = true }`,
		"ALTER TABLE shop.orders ALTER COLUMN state SET NOT NULL"},
	{"add column, a value a row", "    note ", `    token   = { type = "uuid", not_null = true, default = "gen_random_uuid()" }` + "\n    note ",
		"ALTER TABLE shop.orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()"},
	{"add column, serial", "    note ", `    number  = { type = "serial" }` + "\n    note ",
		"ALTER TABLE shop.orders ADD COLUMN number serial"},
	{"add column, identity", "    note ", `    number  = { type = "bigint", identity = "always" }` + "\n    note ",
		"ALTER TABLE shop.orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY"},
}

// treeChanges are changes of the partitioned table.
var treeChanges = []onlineChange{
	{"create index, partitions", `{ columns = ["state"] } }`, `{ columns = ["state"] }, events_account = { columns = ["account"] } }`,
		"CREATE INDEX events_account ON shop.events (account)"},
	{"add unique constraint, partitions", "  indexes ", `  uniques     = { events_u = { columns = ["account", "id"] } }` + "\n  indexes ",
		"ALTER TABLE shop.events ADD CONSTRAINT events_u UNIQUE (account, id)"},
	{"add foreign key, partitions", "  indexes ", `  foreign_keys = { events_account = { columns = ["account"], references = table.accounts } }` + "\n  indexes ",
		"ALTER TABLE shop.events ADD CONSTRAINT events_account FOREIGN KEY (account) REFERENCES shop.accounts (id)"},
	{"set not null, partitions", `state   = { type = "text" }`, `state   = { type = "text", not_null = true }`,
		"ALTER TABLE shop.events ALTER COLUMN state SET NOT NULL"},
	{"detach partition", standing, detached, "ALTER TABLE shop.events DETACH PARTITION shop.events_0"},
}

// underLoad runs changes of a table while clients use it.
type underLoad struct {
	pg      *cluster.Cluster
	dir     string
	rows    int
	clients int
	// patience is the clients' own lock timeout: none may run into it.
	patience time.Duration
	// tree: it is the partitioned table that is changed.
	tree bool
	// apply runs tellr apply of a file against a database.
	apply func(ctx context.Context, file, dsn string) error
}

// felt is what clients felt of a change.
type felt struct {
	took    time.Duration // of the change
	longest time.Duration // wait of any client for any statement
	done    int64         // statements of clients meanwhile
}

// text is the file before the change, table what it is about, and database where it is the case.
func (u *underLoad) text() string {
	if u.tree {
		return loadHead + loadTree
	}
	return loadHead + loadTable
}

func (u *underLoad) table() string {
	if u.tree {
		return "shop.events"
	}
	return "shop.orders"
}

func (u *underLoad) database() string {
	if u.tree {
		return "load_tree"
	}
	return "load"
}

// prepare makes the database of which each change gets a copy.
func (u *underLoad) prepare(ctx context.Context) error {
	if err := u.pg.CreateDatabase(u.database()); err != nil {
		return err
	}
	dsn := u.pg.DSN(u.pg.Superuser(), u.database())
	if err := os.WriteFile(filepath.Join(u.dir, "before.hcl"), []byte(u.text()), 0o644); err != nil {
		return err
	}
	if err := u.apply(ctx, filepath.Join(u.dir, "before.hcl"), dsn); err != nil {
		return err
	}
	return u.pg.Exec(ctx, u.database(),
		fmt.Sprintf("INSERT INTO shop.accounts SELECT generate_series(1, %d)", accounts),
		fmt.Sprintf(`INSERT INTO %s (account, state, total, note)
			SELECT 1 + i %% %d, 's' || i %% 7, i, repeat('n', 40) FROM generate_series(1, %d) i`, u.table(), accounts, u.rows),
		"VACUUM ANALYZE "+u.table(), "CHECKPOINT")
}

// measure makes one change on a copy of the database, by tellr or plainly.
func (u *underLoad) measure(ctx context.Context, n int, c onlineChange, plainly bool) (felt, error) {
	name := fmt.Sprintf("%s_%d_%v", u.database(), n, plainly)
	if err := u.pg.Exec(ctx, "postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, u.database())); err != nil {
		return felt{}, err
	}
	defer u.pg.DropDatabase(name) //nolint:errcheck // the cluster goes anyway
	// What the copy has left to write must not be felt as the change's.
	if err := u.pg.Exec(ctx, name, "CHECKPOINT"); err != nil {
		return felt{}, err
	}
	dsn := u.pg.DSN(u.pg.Superuser(), name)
	text := strings.Replace(u.text(), c.from, c.to, 1)
	if text == u.text() {
		return felt{}, fmt.Errorf("the change changes nothing: %s", c.name)
	}
	file := filepath.Join(u.dir, fmt.Sprintf("after%d.hcl", n))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return felt{}, err
	}
	work := func() error { return u.apply(ctx, file, dsn) }
	if plainly {
		work = func() error { return u.pg.Exec(ctx, name, c.plain) }
	}
	return u.during(ctx, dsn, work)
}

// during lets clients read and write until the work is done.
func (u *underLoad) during(ctx context.Context, dsn string, work func() error) (felt, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		group         sync.WaitGroup
		longest, done atomic.Int64
		measuring     atomic.Bool
		over          = make(chan struct{})
		ready         = make(chan struct{}, u.clients)
	)
	for i := range u.clients {
		group.Add(1)
		go func() {
			defer group.Done()
			err := u.client(ctx, dsn, i, ready, over, func(took time.Duration) {
				if !measuring.Load() {
					return
				}
				done.Add(1)
				for was := longest.Load(); int64(took) > was && !longest.CompareAndSwap(was, int64(took)); was = longest.Load() {
				}
			})
			if err != nil {
				stop(fmt.Errorf("client %d: %w", i, err))
			}
		}()
	}
	for range u.clients {
		select {
		case <-ready:
		case <-ctx.Done():
			return felt{}, context.Cause(ctx)
		}
	}
	measuring.Store(true)
	start := time.Now()
	err := work()
	took := time.Since(start)
	close(over) // a statement that still waits is counted when it ends
	group.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	return felt{took, time.Duration(longest.Load()), done.Load()}, err
}

// client reads and writes single rows, as an application does; one of them
// also keeps a transaction open for a while, for the change to wait for.
func (u *underLoad) client(ctx context.Context, dsn string, n int, ready chan<- struct{}, over <-chan struct{}, took func(time.Duration)) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // a client
	if _, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", u.patience.Milliseconds())); err != nil {
		return err
	}
	queries := []string{
		"SELECT total FROM " + u.table() + " WHERE id = $1",
		"UPDATE " + u.table() + " SET total = total + 1 WHERE id = $1",
		"INSERT INTO " + u.table() + " (account, state, total, note) VALUES (251 + $1::bigint % 750, 'new', 1, 'n')",
		"SELECT total, pg_sleep(0.05) FROM " + u.table() + " WHERE id = $1",
	}
	for i := 0; ; i++ {
		select {
		case <-over:
			return nil
		default:
		}
		start := time.Now()
		if _, err := conn.Exec(ctx, queries[n%len(queries)], 1+rand.Int64N(int64(u.rows))); err != nil {
			return err
		}
		took(time.Since(start))
		if i == 10 {
			ready <- struct{}{}
		}
	}
}

// load measures all changes, by tellr and plainly, in turns.
func (b *bench) load(ctx context.Context) error {
	pg, err := cluster.Start(ctx, cluster.Options{AutoInstall: true, Progress: os.Stderr})
	if err != nil {
		return err
	}
	defer pg.Close() //nolint:errcheck // a temporary cluster
	u := &underLoad{
		pg: pg, dir: b.dir, rows: b.rows, clients: 4, patience: 10 * time.Minute,
		apply: func(ctx context.Context, file, dsn string) error {
			_, err := once(ctx, b.dir, []string{"DATABASE_URL=" + dsn}, b.tellr, "apply", file, "--yes")
			return err
		},
	}
	fmt.Printf("changes of a table of %d rows that 4 clients read and write: the longest wait of a client\n", u.rows)
	fmt.Printf("  %-34s %14s %10s %8s   %14s %10s %8s\n", "", "tellr: wait", "takes", "a second", "plainly: wait", "takes", "a second")
	for _, changes := range [][]onlineChange{onlineChanges, treeChanges} {
		if err := u.report(ctx, changes); err != nil {
			return err
		}
		u.tree = true
	}
	fmt.Println()
	return nil
}

// report prints what clients felt of each change.
func (u *underLoad) report(ctx context.Context, changes []onlineChange) error {
	if err := u.prepare(ctx); err != nil {
		return err
	}
	for n, c := range changes {
		a, err := u.measure(ctx, n, c, false)
		if err != nil {
			return fmt.Errorf("%s by tellr: %w", c.name, err)
		}
		p, err := u.measure(ctx, n, c, true)
		if err != nil {
			return fmt.Errorf("%s plainly: %w", c.name, err)
		}
		fmt.Printf("  %-34s %14s %10s %8.0f   %14s %10s %8.0f\n", c.name, ms(a.longest), ms(a.took), a.rate(), ms(p.longest), ms(p.took), p.rate())
	}
	return nil
}

// rate is how many statements of clients were done a second.
func (f felt) rate() float64 { return float64(f.done) / f.took.Seconds() }
