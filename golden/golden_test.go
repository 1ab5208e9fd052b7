package golden

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/sergi/go-diff/diffmatchpatch"

	"github.com/tellr-dev/tellr/cli"
	"github.com/tellr-dev/tellr/sandbox"
)

var (
	update = flag.Bool("update", false, "write the plans anew; read the diff by eye")
	record = flag.Bool("record", false, "record the live states anew, in the sandbox")
)

// canary is the secret of the cases that have one. It must be in no file.
const canary = "CANARY-9e8d7c6b-do-not-show"

// known are the files that a case may have; anything else is an orphan.
var known = []string{"env.hcl", "before.hcl", "drift.sql", "args", "live.json", "plan.txt", "plan.json", "app"}

func cases(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() {
			dirs = append(dirs, e.Name())
		}
	}
	if len(dirs) < 9 {
		t.Fatalf("only %d cases are found", len(dirs))
	}
	return dirs
}

func TestPlans(t *testing.T) {
	if *update && os.Getenv("CI") != "" {
		t.Fatal("-update is for a person who reads the diff, not for CI")
	}
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for file, format := range map[string]string{"plan.txt": "text", "plan.json": "json"} {
				got := run(t, name, "--format", format)
				if again := run(t, name, "--format", format); !bytes.Equal(got, again) {
					t.Errorf("%s: two plans of the same differ", file)
				}
				check(t, filepath.Join(name, file), got)
			}
		})
	}
}

// run plans a case offline, from its own folder, so that no path of this
// machine is in the plan.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	all := append([]string{"plan", filepath.Join(name, "env.hcl"), "--from", live(t, name)}, args...)
	if extra, err := os.ReadFile(filepath.Join(name, "args")); err == nil {
		all = append(all, strings.Fields(string(extra))...)
	}
	code, out, errs := tellr(t, nil, all...)
	if code != 0 {
		t.Fatalf("tellr %s: exit %d\n%s", strings.Join(all, " "), code, errs)
	}
	if strings.Contains(out+errs, canary) {
		t.Errorf("the secret is in the output of tellr %s", strings.Join(all, " "))
	}
	return withoutMeta([]byte(out))
}

// live is a case's recorded state; a case without one starts from nothing.
func live(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(name, "live.json")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	if _, err := os.Stat(filepath.Join(name, "before.hcl")); err == nil {
		t.Fatalf("%s has a before.hcl and no live.json; run go test ./golden -record", name)
	}
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte(`{"format": 1, "environment": "golden", "snapshots": []}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return empty
}

// withoutMeta takes out of a JSON plan what differs between two makings.
func withoutMeta(out []byte) []byte {
	out = regexp.MustCompile(`(?s)"meta": \{.*?\}`).ReplaceAll(out, []byte(`"meta": {}`))
	return regexp.MustCompile(`("tellr": )"[^"]*"`).ReplaceAll(out, []byte(`$1"golden"`))
}

func tellr(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(context.Background(), args, cli.IO{
		In: strings.NewReader(""), Out: &o, Err: &e,
		Getenv: func(k string) (string, bool) {
			if k == "SHOP_TOKEN" {
				return canary, true
			}
			v, ok := env[k]
			return v, ok
		},
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
		Who: func() string { return "somebody@somewhere" },
		// The version is in the hash of a plan: a golden has one of its own.
		Build: cli.Build{Version: "golden"},
	})
	return code, o.String(), e.String()
}

func check(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run go test ./golden -update and read what it writes", err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not the plan (- golden, + now):\n%s", file, lineDiff(string(want), string(got)))
	}
}

// lineDiff shows the lines that differ, with three lines around them.
func lineDiff(a, b string) string {
	dmp := diffmatchpatch.New()
	x, y, lines := dmp.DiffLinesToRunes(a, b)
	var out strings.Builder
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMainRunes(x, y, false), lines) {
		text := strings.SplitAfter(strings.TrimSuffix(d.Text, "\n"), "\n")
		sign := map[diffmatchpatch.Operation]string{diffmatchpatch.DiffDelete: "-", diffmatchpatch.DiffInsert: "+", diffmatchpatch.DiffEqual: " "}[d.Type]
		for i, line := range text {
			if d.Type == diffmatchpatch.DiffEqual && i >= 3 && i < len(text)-3 {
				if i == 3 {
					out.WriteString("  …\n")
				}
				continue
			}
			out.WriteString(sign + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return out.String()
}

// The README shows goldens, so that what it promises is what tellr says.
func TestTheREADMEShowsGoldens(t *testing.T) {
	const file = "../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)(<!-- golden/([a-z./-]+) -->\n```\n).*?(```\n)")
	n := 0
	want := shown.ReplaceAllFunc(text, func(m []byte) []byte {
		n++
		parts := shown.FindSubmatch(m)
		golden, err := os.ReadFile(string(parts[2]))
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(parts[1], golden, parts[3])
	})
	if n == 0 {
		t.Fatal("the README shows no golden")
	}
	if bytes.Equal(text, want) {
		return
	}
	if !*update {
		t.Fatal("the README shows a plan that is not the golden; run go test ./golden -update")
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestNoOrphans(t *testing.T) {
	for _, name := range cases(t) {
		entries, err := os.ReadDir(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(known, e.Name()) {
				t.Errorf("%s/%s: nothing reads it; delete it", name, e.Name())
			}
		}
		if _, err := os.Stat(filepath.Join(name, "env.hcl")); err != nil {
			t.Errorf("%s has no env.hcl", name)
		}
	}
}

func TestNoSecretIsInAnyFile(t *testing.T) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		data, err := os.ReadFile(name)
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("the secret is in %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRecord brings each case's live state about in a sandbox and records it.
func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("only with -record")
	}
	for _, name := range cases(t) {
		before := filepath.Join(name, "before.hcl")
		if _, err := os.Stat(before); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			sb, err := sandbox.Start(t.Context(), sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer sb.Close() //nolint:errcheck // a temporary workspace
			env := map[string]string{}
			for _, kv := range sb.Env() {
				k, v, _ := strings.Cut(kv, "=")
				env[k] = v
				t.Setenv(k, v)
			}
			must := func(args ...string) {
				t.Helper()
				if code, out, errs := tellr(t, env, args...); code != 0 {
					t.Fatalf("tellr %s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
				}
			}
			must("apply", before, "--yes")
			drift(t, sb, name)
			must("plan", filepath.Join(name, "env.hcl"), "--save-snapshot", filepath.Join(name, "live.json"))
		})
	}
}

// drift changes the world behind tellr's back, as the deployer.
func drift(t *testing.T, sb *sandbox.Sandbox, name string) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(name, "drift.sql"))
	if err != nil {
		return
	}
	dsn, err := sb.Admin("shop-db", "")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // the cluster goes anyway
	sql := strings.ReplaceAll(string(script), "{{app.shop}}", role(t, sb))
	if _, err := conn.Exec(t.Context(), `SET ROLE "me@example.com"; `+sql); err != nil {
		t.Fatal(err)
	}
}

func role(t *testing.T, sb *sandbox.Sandbox) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", sb.Host()+"/api/2.0/apps/shop", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+sb.Token())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	var app struct {
		ID string `json:"service_principal_client_id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&app); err != nil {
		t.Fatal(err)
	}
	return app.ID
}
