package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Template is what a new cluster begins with, beyond an empty Postgres. It is built once and cached, so it costs nothing
// at each Start.
type Template struct {
	// Superuser is the bootstrap role; postgres when empty.
	Superuser string
	// Scripts run in order, as the superuser.
	Scripts []Script
}

// Script is statements for one database. Each statement is sent by itself, outside a transaction.
type Script struct {
	Database   string
	Statements []string
}

// layout changes when the template of the same Template would come out differently.
const layout = 3

func (t Template) superuser() string {
	if t.Superuser == "" {
		return "postgres"
	}
	return t.Superuser
}

func (t Template) key() string {
	raw, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(append(raw, layout))
	return hex.EncodeToString(sum[:6])
}

// settings favour speed over durability: the data never outlives the process.
const settings = `
listen_addresses = ''
unix_socket_permissions = 0777
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 200
max_wal_size = 1GB
dynamic_shared_memory_type = mmap
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
`

// template returns the folder to copy for a new cluster, building it when it is not cached.
func template(ctx context.Context, bin Binaries, runAs account, t Template) (string, error) {
	home := filepath.Join(CacheDir(), "templates")
	if err := makePublic(CacheDir()); err != nil {
		return "", err
	}
	if err := makePublic(home); err != nil {
		return "", err
	}
	// The binaries' own path is part of the key: two builds of one major need not share a catalog version.
	sum := sha256.Sum256([]byte(bin.Dir))
	name := fmt.Sprintf("%d-%s-%s-%s", bin.Major, runAs.name, hex.EncodeToString(sum[:3]), t.key())
	target := filepath.Join(home, name)
	unlock, err := lockFile(ctx, filepath.Join(home, ".lock-"+name))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(target, "PG_VERSION")); err == nil {
		return target, nil
	}
	if err := os.RemoveAll(target); err != nil {
		return "", err
	}
	c, err := newFolder(bin, runAs, t.superuser())
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.initdb(ctx); err != nil {
		return "", err
	}
	if len(t.Scripts) > 0 {
		if err := c.launch(ctx); err != nil {
			return "", err
		}
		for _, s := range t.Scripts {
			if err := c.run(ctx, s); err != nil {
				return "", fmt.Errorf("template: %w", err)
			}
		}
		if err := c.Stop(); err != nil {
			return "", err
		}
	}
	stage, err := os.MkdirTemp(home, ".stage-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(stage)
	if err := copyTree(ctx, c.data(), filepath.Join(stage, "data"), runAs, nil); err != nil {
		return "", err
	}
	return target, os.Rename(filepath.Join(stage, "data"), target)
}

func (c *Cluster) initdb(ctx context.Context) error {
	args := []string{"-D", c.data(), "-U", c.superuser, "--auth=trust", "--encoding=UTF8", "--no-sync",
		"--no-instructions", "--wal-segsize=1"}
	// C.UTF-8 is Lakebase's own locale; from 17 on the server brings it along.
	if c.bin.Major >= 17 {
		args = append(args, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	} else {
		args = append(args, "--locale=C")
	}
	cmd := exec.CommandContext(ctx, c.bin.program("initdb"), args...)
	c.runAs.apply(cmd)
	cmd.Env = serverEnvironment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb %s: %w: %s", strconv.Itoa(c.bin.Major), err, firstLines(string(out), 10))
	}
	conf, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := conf.WriteString(settings); err != nil {
		conf.Close()
		return err
	}
	return conf.Close()
}

func (c *Cluster) run(ctx context.Context, s Script) error {
	conn, err := pgx.Connect(ctx, c.DSN("", s.Database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, statement := range s.Statements {
		if _, err := conn.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
			return fmt.Errorf("%s: %w", firstLines(statement, 1), err)
		}
	}
	return nil
}

// serverEnvironment keeps the caller's PG* variables away from the server.
func serverEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}
