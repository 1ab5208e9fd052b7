package cli

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
)

const dev = "environments/dev.hcl"

var sha = regexp.MustCompile(`sha256:([0-9a-f]{8})`)

func TestPlanApplyPlan(t *testing.T) {
	b := newBench(t)
	r := b.want(0, says("+ box.a  environments/dev.hcl:3", "PUT /boxes/a", `{"label": "tea"}`, "Plan: 2 to create, 0 to update, 0 to destroy. sha256:"), "plan", dev)
	if r.err != "" {
		t.Errorf("a plan says %q on standard error", r.err)
	}
	b.want(2, nil, "plan", dev, "--detailed-exitcode")
	if again := b.want(0, nil, "plan", dev); again.out != r.out {
		t.Errorf("two plans differ:\n%s%s", r.out, again.out)
	}
	if s := b.want(0, nil, "plan", dev, "--summary").out; strings.Contains(s, "PUT") || !strings.Contains(s, "+ box.b") {
		t.Error(s)
	}

	r = b.want(0, says("Apply complete: 2 created, 0 updated, 0 destroyed in ", "https://shelf.example.com/a"), "apply", dev, "--yes")
	if !strings.Contains(r.err, "box.a  create box  done") || strings.Contains(r.out, "done") {
		t.Errorf("progress belongs on standard error\n%s\n%s", r.out, r.err)
	}
	r = b.want(0, nil, "plan", dev, "--detailed-exitcode")
	if r.out != "No changes. dev matches environments/dev.hcl.\n" {
		t.Error(r.out)
	}
	b.want(0, says("No changes."), "apply", dev, "--yes")
}

func TestConfirm(t *testing.T) {
	b := newBench(t)
	b.want(1, says("standard input is not a terminal", "--yes"), "apply", dev)
	if b.shelf.reads > 0 {
		t.Error("the world was read although nobody can be asked")
	}
	b.terminal = true
	for _, in := range []string{"", "no\n", "y\n", "YES\n"} {
		b.in = in
		b.want(1, says("Apply this plan to dev?", "the answer was not yes"), "apply", dev)
	}
	if len(b.shelf.boxes) > 0 {
		t.Fatal("something was applied")
	}
	b.in = "yes\n"
	b.want(0, says("Apply complete: 2 created"), "apply", dev)
	b.in = "no\n"
	b.want(0, says("No changes"), "apply", dev) // nothing to do, nothing to ask
}

func TestSavedPlan(t *testing.T) {
	b := newBench(t)
	planned := b.want(0, nil, "plan", dev, "--out", "p.plan")
	info, err := os.Stat("p.plan")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", err, info.Mode())
	}
	if left, _ := filepath.Glob(".p.plan*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if shown := b.want(0, nil, "show", "p.plan"); shown.out != planned.out {
		t.Errorf("show differs:\n%s", shown.out)
	}
	inJSON := b.want(0, nil, "plan", dev, "--format", "json").out
	if shown := b.want(0, nil, "show", "p.plan", "--format", "json").out; shown != inJSON {
		t.Errorf("show --format json differs:\n%s", shown)
	}
	var parsed struct {
		Format int
		SHA256 string
		Steps  []struct{ Address, Action string }
	}
	if err := json.Unmarshal([]byte(inJSON), &parsed); err != nil || parsed.Format != 1 || len(parsed.Steps) != 2 || parsed.Steps[0].Address != "box.a" {
		t.Errorf("%v: %+v", err, parsed)
	}

	b.want(1, says("--allow-destroy cannot change a saved plan"), "apply", "p.plan", "--yes", "--allow-destroy", "box.a")
	b.want(1, says("--var x cannot change a saved plan"), "apply", "p.plan", "--yes", "--var", "x=1")
	b.want(1, says("is a saved plan, not an environment", "tellr show p.plan"), "plan", "p.plan")
	b.want(0, says("Apply complete: 2 created"), "apply", "p.plan", "--yes")
	b.want(3, says("the plan is stale", "box.a was not there and is there now"), "apply", "p.plan", "--yes")

	data, err := os.ReadFile("p.plan")
	if err != nil {
		t.Fatal(err)
	}
	b.write("changed.plan", strings.Replace(string(data), "tea", "rum", 1))
	b.want(1, says("does not match its hash"), "show", "changed.plan")
	b.write("short.plan", string(data[:len(data)/2]))
	b.want(1, says("cut short"), "apply", "short.plan", "--yes")
}

func TestExpect(t *testing.T) {
	b := newBench(t)
	hash := sha.FindStringSubmatch(b.want(0, nil, "plan", dev).out)[1]
	b.want(1, says("at least 8 digits"), "apply", dev, "--yes", "--expect", "ab12")
	b.want(1, says("not the plan that was expected", "sha256:"+hash), "apply", dev, "--yes", "--expect", "00000000")
	b.want(0, says("Apply complete"), "apply", dev, "--yes", "--expect", "sha256:"+hash)
}

func TestBlockedAndDestroy(t *testing.T) {
	b := newBench(t)
	b.want(0, nil, "apply", dev, "--yes")
	r := b.want(0, says("! box.a", "blocked: it destroys data", "tellr destroy environments/dev.hcl --allow-destroy box.b --allow-destroy box.a"), "plan", dev, "--destroy")
	if !strings.Contains(r.out, ", 2 blocked. sha256:") {
		t.Error(r.out)
	}
	b.want(5, says("nothing was applied", "--allow-destroy box.a"), "destroy", dev, "--yes")
	b.want(5, nil, "destroy", dev, "--yes", "--allow-destroy", "box.a")
	b.want(1, says("names nothing"), "destroy", dev, "--yes", "--allow-destroy", "box.x")
	b.want(0, says("Destroy complete: 0 created, 0 updated, 2 destroyed"), "destroy", dev, "--yes", "--allow-destroy", "box.a", "--allow-destroy", "box.b")
	b.want(0, says("Nothing to destroy"), "destroy", dev, "--yes")
	// The same command again, as after an interrupt.
	b.want(0, says("Nothing to destroy"), "destroy", dev, "--yes", "--allow-destroy", "box.a", "--allow-destroy", "box.b")
	b.want(1, says("names nothing"), "destroy", dev, "--yes", "--allow-destroy", "box.x")
}

func TestLocked(t *testing.T) {
	b := newBench(t)
	b.shelf.locked = true
	b.want(4, says("another apply is at work", "ann@laptop"), "apply", dev, "--yes")
}

func TestFailure(t *testing.T) {
	b := newBench(t)
	b.shelf.failAt = "box.b"
	r := b.want(1, says("the shelf is full", "Apply not complete", "done: 1 step", "failed: 1 step", "box.b  create box"), "apply", dev, "--yes", "--parallel", "1")
	if strings.Count(r.err, "error: ") != 1 {
		t.Errorf("one failure, one error:\n%s", r.err)
	}
	b.shelf.failAt = ""
	b.want(0, says("Apply complete: 1 created"), "apply", dev, "--yes")
}

func TestInterrupt(t *testing.T) {
	b := newBench(t)
	b.shelf.hangAt = "box.a"
	b.signals, b.exited = make(chan os.Signal, 2), make(chan int, 1)
	go func() {
		<-b.shelf.hanging
		b.signals <- os.Interrupt
	}()
	b.want(130, says("Interrupted: nothing new is started", "error: interrupted", "in doubt: 1 step", "not started: 1 step"), "apply", dev, "--yes", "--parallel", "1")
}

func TestInterruptTwice(t *testing.T) {
	b := newBench(t)
	b.signals, b.exited = make(chan os.Signal, 2), make(chan int, 1)
	b.signals <- os.Interrupt
	b.signals <- os.Interrupt
	p := &program{IO: IO{Err: new(strings.Builder), Interrupts: func() (<-chan os.Signal, func()) { return b.signals, func() {} }, Exit: func(code int) { b.exited <- code }}}
	ctx, stop := p.interruptible(t.Context())
	defer stop()
	<-ctx.Done()
	select {
	case code := <-b.exited:
		if code != 130 {
			t.Errorf("exit %d", code)
		}
	case <-time.After(10 * time.Second):
		t.Error("the second interrupt is not heard")
	}
}

func TestSecrets(t *testing.T) {
	b := newBench(t)
	b.write(dev, `environment "dev" {}
variable "pin" {
  type      = string
  sensitive = true
}
box "a" {
  label = "tea"
  key   = env("BOX_KEY")
}
box "b" {
  key = var.pin
}
`)
	b.env["TELLR_VAR_pin"] = "hunter2-pin"
	b.want(0, nil, "validate", dev) // does not ask for BOX_KEY
	r := b.want(1, says("the environment variable BOX_KEY is not set", dev+":8"), "plan", dev)
	if b.shelf.reads > 0 {
		t.Error("the world was read although a secret is missing")
	}
	b.write("empty.json", `{"format": 1, "environment": "dev", "snapshots": []}`)
	b.want(0, says(`"key": "(sensitive)"`), "plan", dev, "--from", "empty.json") // offline needs none either

	b.env["BOX_KEY"] = "hunter2-key"
	b.want(0, nil, "plan", dev, "--out", "p.plan")
	data, err := os.ReadFile("p.plan")
	if err != nil || strings.Contains(string(data), "hunter2") {
		t.Errorf("%v, or the plan file holds a secret", err)
	}
	b.env = map[string]string{}
	b.want(1, says("the environment variable BOX_KEY is not set", `"pin" has no value`), "apply", "p.plan", "--yes")
	b.env["BOX_KEY"] = "hunter2-key"
	r = b.want(0, says("Apply complete: 2 created"), "apply", "p.plan", "--yes", "--var", "pin=hunter2-pin", "--parallel", "1")
	if strings.Contains(r.out+r.err, "hunter2") {
		t.Errorf("a secret is shown:\n%s%s", r.out, r.err)
	}
	if b.shelf.secret != "hunter2-pin" {
		t.Errorf("the step read %q", b.shelf.secret)
	}
}

func TestSnapshot(t *testing.T) {
	b := newBench(t)
	b.want(0, nil, "apply", dev, "--yes")
	live := b.want(0, nil, "plan", dev, "--save-snapshot", "live.json")
	reads := b.shelf.reads
	offline := b.want(0, nil, "plan", dev, "--from", "live.json")
	if offline.out != live.out || b.shelf.reads != reads {
		t.Errorf("offline is different, or not offline:\n%s", offline.out)
	}
	b.write("other.hcl", strings.Replace(twoBoxes, "dev", "prod", 1))
	b.want(1, says(`recorded of environment "dev"`), "plan", "other.hcl", "--from", "live.json")
}

func TestApplyJSON(t *testing.T) {
	b := newBench(t)
	b.want(1, says("--json does not ask"), "apply", dev, "--json")
	lines := func(code int, args ...string) []map[string]any {
		t.Helper()
		r := b.want(code, nil, append([]string{"apply", dev, "--yes", "--json"}, args...)...)
		var out []map[string]any
		for s := bufio.NewScanner(strings.NewReader(r.out)); s.Scan(); {
			var m map[string]any
			if err := json.Unmarshal(s.Bytes(), &m); err != nil {
				t.Fatalf("%v in %s", err, s.Text())
			}
			out = append(out, m)
		}
		return out
	}
	types := func(ls []map[string]any) string {
		var s []string
		for _, l := range ls {
			s = append(s, l["type"].(string))
		}
		return strings.Join(s, " ")
	}
	b.shelf.failAt = "box.b"
	ls := lines(1, "--parallel", "1")
	if got := types(ls); !strings.Contains(got, "step_done step_started step_failed") || !strings.HasSuffix(got, "diagnostic result") || !strings.Contains(got, "plan") {
		t.Error(got)
	}
	last := ls[len(ls)-1]
	if last["exit"] != 1.0 || len(last["done"].([]any)) != 1 || len(last["failed"].([]any)) != 1 {
		t.Errorf("%v", last)
	}
	b.shelf.failAt = ""
	ls = lines(0)
	if last := ls[len(ls)-1]; last["exit"] != 0.0 || last["url"] != "https://shelf.example.com/b" {
		t.Errorf("%v", last)
	}
}

// --json-into writes beside the human output what --json prints instead of it.
func TestJSONInto(t *testing.T) {
	b := newBench(t)
	read := func(file string) string {
		t.Helper()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	b.write("e.jsonl", "what was there")
	planned := b.want(0, says("Plan: 2 to create"), "plan", dev, "--json-into", "e.jsonl")
	if plain := b.want(0, nil, "plan", dev); plain.out != planned.out {
		t.Errorf("--json-into changes the output:\n%s", planned.out)
	}
	golden(t, "json-into-plan", read("e.jsonl"))
	if info, err := os.Stat("e.jsonl"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, mode %v", err, info.Mode())
	}
	b.want(2, nil, "plan", dev, "--detailed-exitcode", "--json-into", "e.jsonl")
	if got := read("e.jsonl"); !strings.HasSuffix(got, `{"type":"result","exit":2,"done":[],"failed":[],"not_started":[],"in_doubt":[],"elapsed_ms":0}`+"\n") {
		t.Error(got)
	}
	b.shelf.failAt = "box.b"
	b.want(1, says("done: 1 step"), "apply", dev, "--yes", "--parallel", "1", "--json-into", "e.jsonl")
	golden(t, "json-into-failed", read("e.jsonl"))
	b.shelf.failAt = ""
	b.want(0, says("Apply complete"), "apply", dev, "--yes", "--json-into", "e.jsonl")
	b.want(5, says("nothing was applied"), "destroy", dev, "--yes", "--json-into", "e.jsonl")
	b.want(0, says("Destroy complete"), "destroy", dev, "--yes", "--allow-destroy", "box.a", "--allow-destroy", "box.b", "--parallel", "1", "--json-into", "e.jsonl")
	golden(t, "json-into-destroy", read("e.jsonl"))
	inJSON := b.want(0, nil, "apply", dev, "--yes", "--json", "--parallel", "1").out
	b.want(0, nil, "destroy", dev, "--yes", "--allow-destroy", "box.a", "--allow-destroy", "box.b")
	b.want(0, nil, "apply", dev, "--yes", "--parallel", "1", "--json-into", "e.jsonl")
	if got := read("e.jsonl"); got != inJSON {
		t.Errorf("--json and --json-into differ:\n%s\n%s", inJSON, got)
	}
}

// A file that cannot be written, or is needed for something else, is refused
// before anything is read.
func TestJSONIntoNowhere(t *testing.T) {
	b := newBench(t)
	b.want(0, nil, "plan", dev, "--out", "p.plan")
	reads := b.shelf.reads
	for _, c := range []struct {
		says string
		args []string
	}{
		{"cannot write nowhere/e.jsonl", []string{"apply", dev, "--yes", "--json-into", "nowhere/e.jsonl"}},
		{"cannot write environments", []string{"destroy", dev, "--yes", "--json-into", "environments"}},
		{"--json-into would overwrite " + dev, []string{"plan", dev, "--json-into", "environments/../" + dev}},
		{"--json-into would overwrite p.plan", []string{"apply", "p.plan", "--yes", "--json-into", "p.plan"}},
		{"--json-into would overwrite new.plan", []string{"plan", dev, "--out", "new.plan", "--json-into", "./new.plan"}},
		{"none of the others can be", []string{"apply", dev, "--yes", "--json", "--json-into", "e.jsonl"}},
	} {
		b.want(1, says(c.says), c.args...)
	}
	if b.shelf.reads != reads {
		t.Error("the world was read")
	}
	b.want(0, says("Apply complete"), "apply", "p.plan", "--yes") // the plan is whole
	if _, err := os.Stat("/dev/full"); err == nil {
		b.want(0, says("No changes", "/dev/full is incomplete"), "apply", dev, "--yes", "--json-into", "/dev/full")
	}
}

func TestDrift(t *testing.T) {
	b := newBench(t)
	b.want(0, nil, "apply", dev, "--yes")
	a := resource.Address{Kind: "box", Name: "a"}
	b.shelf.boxes[a] = b.shelf.boxes[a].With("label", resource.String("rum"))
	b.want(2, says("~ box.a", `~ label: "rum" → "tea"`, "1 to update"), "plan", dev, "--detailed-exitcode")
}

func TestColor(t *testing.T) {
	b := newBench(t)
	if r := b.tellr("plan", dev); strings.Contains(r.out, "\x1b") {
		t.Error("colour without a terminal")
	}
	if r := b.tellr("plan", dev, "--color", "always"); !strings.Contains(r.out, "\x1b[32m") {
		t.Error("no colour although asked")
	}
	for _, c := range []struct {
		env  map[string]string
		flag string
		want bool
	}{
		{nil, "auto", true}, {map[string]string{"NO_COLOR": "1"}, "auto", false}, {map[string]string{"NO_COLOR": ""}, "auto", true},
		{map[string]string{"TERM": "dumb"}, "auto", false}, {map[string]string{"NO_COLOR": "1"}, "always", true}, {nil, "never", false},
	} {
		io := IO{Getenv: func(k string) (string, bool) { v, ok := c.env[k]; return v, ok }}
		if got := io.colored(c.flag, true); got != c.want {
			t.Errorf("%v %s: %v", c.env, c.flag, got)
		}
		if io.colored("auto", false) {
			t.Error("colour without a terminal")
		}
	}
}
