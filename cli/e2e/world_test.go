package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/cli"
	"github.com/tellr-dev/tellr/sandbox"
)

// TestMain lets the test binary be tellr itself, so that a test can start and
// kill it as a process without building it again.
func TestMain(m *testing.M) {
	if os.Getenv("TELLR_E2E_AS_TELLR") == "1" {
		os.Exit(cli.Run(context.Background(), os.Args[1:], cli.System()))
	}
	os.Exit(m.Run())
}

// canary is the secret that each test gives to tellr. It must never be seen in
// anything that tellr writes.
const canary = "CANARY-4f1d9c7e-do-not-show"

// world is one workspace with a folder of files, and tellr in it.
type world struct {
	*testing.T
	sb  *sandbox.Sandbox
	dir string
	env []string
}

// newWorld starts a workspace and copies the repository's environments and
// examples into a folder.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, sandbox.Options{})
}

func newWorldOf(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	t.Parallel()
	return startWorld(t, o)
}

// newWorldSerial is newWorld for a test on whose end others wait.
func newWorldSerial(t *testing.T) *world {
	t.Helper()
	return startWorld(t, sandbox.Options{})
}

func startWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	sb, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sb.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{T: t, sb: sb, dir: t.TempDir()}
	for _, d := range []string{"environments", "examples"} {
		if err := os.CopyFS(filepath.Join(w.dir, d), os.DirFS(filepath.Join("..", "..", d))); err != nil {
			t.Fatal(err)
		}
	}
	w.env = append(w.environ(), "SHOP_TOKEN="+canary)
	return w
}

func (w *world) environ() []string {
	var env []string
	for _, kv := range os.Environ() {
		if k, _, _ := strings.Cut(kv, "="); !strings.HasPrefix(k, "DATABRICKS_") && !strings.HasPrefix(k, "PG") && k != "NO_COLOR" && k != "CI" {
			env = append(env, kv)
		}
	}
	return append(append(env, w.sb.Env()...), "TELLR_E2E_AS_TELLR=1", "HOME="+w.dir)
}

type result struct {
	code     int
	out, err string
}

func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	return cmd
}

// tellr runs a command to its end.
func (w *world) tellr(args ...string) result {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 3*time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := w.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	for _, text := range []string{r.out, r.err} {
		if word := leaked(text); word != "" {
			w.Fatalf("the secret is in the output of tellr %s, as %s:\n%s", strings.Join(args, " "), word, text)
		}
	}
	if strings.Contains(r.err, "goroutine ") || strings.Contains(r.err, "panic:") {
		w.Fatalf("tellr %s panicked:\n%s", strings.Join(args, " "), r.err)
	}
	return r
}

// ok runs a command that must end with 0, and gives its output.
func (w *world) ok(args ...string) string {
	w.Helper()
	return w.exits(0, args...).out
}

// exits runs a command that must end with a status.
func (w *world) exits(code int, args ...string) result {
	w.Helper()
	r := w.tellr(args...)
	if r.code != code {
		w.Fatalf("tellr %s: exit %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// settled expects that an environment is as its files say, and the ledger knows
// it.
func (w *world) settled(file string) {
	w.Helper()
	// A plan that only tells the ledger something exits 0, too.
	if out := w.matching(file); strings.Contains(out, "The ledger") {
		w.Fatalf("the ledger is to be told something:\n%s", out)
	}
}

// matching expects that what is live is as the files say, and gives the plan.
func (w *world) matching(file string) string {
	w.Helper()
	r := w.tellr("plan", file, "--detailed-exitcode")
	if r.code != 0 || !strings.Contains(r.out, "No changes. ") {
		w.Fatalf("something is left to do (exit %d):\n%s%s", r.code, r.out, r.err)
	}
	return r.out
}

// edit replaces text in a file of the world; the text must be there.
func (w *world) edit(file, old, new string) {
	w.Helper()
	name := filepath.Join(w.dir, file)
	data, err := os.ReadFile(name)
	if err != nil {
		w.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		w.Fatalf("%q is not in %s", old, file)
	}
	w.write(file, strings.Replace(string(data), old, new, 1))
}

func (w *world) write(file, content string) {
	w.Helper()
	name := filepath.Join(w.dir, file)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		w.Fatal(err)
	}
}

// sql runs statements as the database's superuser, behind tellr's back.
func (w *world) sql(instance string, statements ...string) {
	w.Helper()
	conn := w.admin(instance)
	for _, s := range statements {
		if _, err := conn.Exec(w.Context(), s); err != nil {
			w.Fatalf("%s: %v", s, err)
		}
	}
}

func (w *world) admin(instance string) *pgx.Conn {
	w.Helper()
	dsn, err := w.sb.Admin(instance, "")
	if err != nil {
		w.Fatal(err)
	}
	conn, err := pgx.Connect(w.Context(), dsn)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = conn.Close(context.Background()) }) // the cluster goes anyway
	return conn
}

// one asks for a single text.
func (w *world) one(instance, query string, args ...any) string {
	w.Helper()
	var s string
	if err := w.admin(instance).QueryRow(w.Context(), query, args...).Scan(&s); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	return s
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
