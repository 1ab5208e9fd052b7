package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tellr-dev/tellr/sandbox"
)

// TestMain lets the scripts run tellr without building it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tellr": func() { os.Exit(Run(context.Background(), os.Args[1:], System())) },
	})
}

// TestScripts runs testdata/script/*.txtar. Besides testscript's own commands
// there are: `sandbox`, which starts a workspace and sets its variables;
// `exits N PROGRAM ARGS…`; `json` and `jsonlines`, which check that the last
// standard output is JSON; and `capture NAME REGEXP`, which sets a variable to
// the first group of what is found there.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update && os.Getenv("CI") == "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("DATABRICKS_CONFIG_FILE", "/nowhere") // nobody's profile
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":   startSandbox,
			"exits":     exitsWith,
			"json":      func(ts *testscript.TestScript, _ bool, _ []string) { checkJSON(ts, ts.ReadFile("stdout")) },
			"jsonlines": checkJSONLines,
			"capture":   capture,
		},
	})
}

func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: sandbox")
	}
	sb, err := sandbox.Start(context.Background(), sandbox.Options{})
	ts.Check(err)
	ts.Defer(func() { ts.Check(sb.Close()) })
	for _, kv := range sb.Env() {
		k, v, _ := strings.Cut(kv, "=")
		ts.Setenv(k, v)
	}
}

func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	m := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) < 2 {
		ts.Fatalf("%s finds nothing", args[1])
	}
	ts.Setenv(args[0], m[1])
}

func checkJSON(ts *testscript.TestScript, text string) {
	if !json.Valid([]byte(text)) {
		ts.Fatalf("not JSON: %s", text)
	}
}

func checkJSONLines(ts *testscript.TestScript, _ bool, _ []string) {
	n := 0
	for s := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout"))); s.Scan(); n++ {
		checkJSON(ts, s.Text())
	}
	if n == 0 {
		ts.Fatalf("no line")
	}
}
