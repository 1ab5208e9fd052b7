package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// victimVariable turns this test binary into a parent that starts a cluster and waits to be killed.
const victimVariable = "TELLR_CLUSTER_TEST_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		c, err := Start(context.Background(), Options{AutoInstall: true})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println(c.dir, c.server.cmd.Process.Pid)
		io.Copy(io.Discard, os.Stdin) // until killed, or the test ends
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, opts Options) *Cluster {
	t.Helper()
	opts.AutoInstall = true
	opts.Progress = t.Output()
	c, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func query(t *testing.T, dsn, sql string, args ...any) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var s string
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachVersionRuns(t *testing.T) {
	for _, major := range Versions() {
		t.Run(strconv.Itoa(major), func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{Version: major})
			got := query(t, c.DSN("", ""), "SELECT current_setting('server_version_num')::int/10000 || ' ' || current_user")
			if want := fmt.Sprintf("%d postgres", major); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := c.CreateDatabase(`odd "name"`); err != nil {
				t.Fatal(err)
			}
			if got := query(t, c.DSN("", `odd "name"`), "SELECT current_database()"); got != `odd "name"` {
				t.Errorf("database %q", got)
			}
			if err := c.DropDatabase(`odd "name"`); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A second cluster is a copy of what the first one left in the cache; no initdb runs again.
func TestASecondStartTakesTheTemplate(t *testing.T) {
	made := func() map[string]time.Time {
		out := map[string]time.Time{}
		files, err := filepath.Glob(filepath.Join(CacheDir(), "templates", "*", "PG_VERSION"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			out[f] = info.ModTime()
		}
		return out
	}
	start(t, Options{}) // fills the cache
	before := made()
	c := start(t, Options{})
	identifier := func(c *Cluster) string {
		return query(t, c.DSN(c.Superuser(), "postgres"), "SELECT system_identifier::text FROM pg_control_system()")
	}
	if one, two := identifier(start(t, Options{})), identifier(c); one != two {
		t.Errorf("the clusters are not copies of one: %s, %s", one, two)
	}
	for f, at := range before {
		if now := made()[f]; !now.Equal(at) {
			t.Errorf("%s was made anew", f)
		}
	}
}

func TestTemplateIsWhereAClusterBegins(t *testing.T) {
	t.Parallel()
	c := start(t, Options{Template: Template{Superuser: "cloud_admin", Scripts: []Script{
		{Database: "postgres", Statements: []string{"CREATE ROLE guest LOGIN", "CREATE DATABASE app OWNER guest"}},
		{Database: "app", Statements: []string{"CREATE TABLE made (n int)"}},
	}}})
	got := query(t, c.DSN("guest", "app"), "SELECT string_agg(tableowner, ',') FROM pg_tables WHERE tablename = 'made'")
	if got != "cloud_admin" {
		t.Errorf("owner %q", got)
	}
}

func TestForkCopiesDataAndGoesItsOwnWay(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	if err := c.Exec(t.Context(), "", "CREATE TABLE t AS SELECT generate_series(1, 10000) AS n"); err != nil {
		t.Fatal(err)
	}
	f, err := c.Fork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := c.Exec(t.Context(), "", "DELETE FROM t"); err != nil {
		t.Fatal(err)
	}
	if got := query(t, f.DSN("", ""), "SELECT count(*)::text FROM t"); got != "10000" {
		t.Errorf("the fork has %s rows", got)
	}
	if err := f.Exec(t.Context(), "", "DROP TABLE t"); err != nil {
		t.Error(err)
	}
	if got := query(t, c.DSN("", ""), "SELECT count(*)::text FROM t"); got != "0" {
		t.Errorf("the original has %s rows", got)
	}
}

func TestRestartKeepsData(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	if err := c.Exec(t.Context(), "", "CREATE TABLE kept ()"); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, c.DSN("", ""), "SELECT count(*)::text FROM pg_tables WHERE tablename = 'kept'"); got != "1" {
		t.Errorf("kept: %s", got)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	c := start(t, Options{})
	pid := c.server.cmd.Process.Pid
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", c.dir, err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("postgres %d is still there: %v", pid, err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// A test binary that is killed with SIGKILL must leave neither server nor folder.
func TestKilledParentLeavesNothing(t *testing.T) {
	t.Parallel()
	start(t, Options{}) // the victim must not be the one who fills caches
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimVariable+"=1")
	victim.Stderr = t.Output()
	stdin, err := victim.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var dir string
	var pid int
	if _, err := fmt.Sscan(line, &dir, &pid); err != nil {
		t.Fatalf("victim said %q: %v", line, err)
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	victim.Wait()
	poll(t, func() string {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			return dir + " is still there"
		}
		if alive(pid) {
			return fmt.Sprintf("postgres %d is still there", pid)
		}
		return ""
	})
}

// alive says whether a process runs; one that has ended and waits to be reaped does not.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	return !strings.HasPrefix(after, "Z")
}

// poll waits until problem returns "".
func poll(t *testing.T, problem func() string) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for {
		p := problem()
		if p == "" {
			return
		}
		select {
		case <-deadline:
			t.Fatal(p)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestBinariesThatDoNotFitAreRefused(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		name string
		opts Options
		want string
	}{
		{"folder without binaries", Options{Binaries: empty}, "has no bin/postgres"},
		{"another version", Options{Binaries: CacheDir() + "/16", Version: 17}, "holds version 16 and version 17 is wanted"},
		{"unsupported version", Options{Version: 9}, "postgres version 9 is not one of [16 17 18]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if strings.HasSuffix(c.opts.Binaries, "/16") {
				if err := Install(t.Context(), 16, nil); err != nil {
					t.Fatal(err)
				}
			}
			c.opts.AutoInstall = true
			got, err := Start(t.Context(), c.opts)
			if err == nil {
				got.Close()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q lacks %q", err, c.want)
			}
		})
	}
}
