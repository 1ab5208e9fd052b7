package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestEveryCommandIsDocumented: purpose, explanation, examples, exit status,
// and a word on each flag.
func TestEveryCommandIsDocumented(t *testing.T) {
	root := newRootCommand(&program{IO: System(), wiring: realWiring()})
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		path := c.CommandPath()
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Short[0] < 'A' || c.Short[0] > 'Z' {
			t.Errorf("%s: Short is a capital letter to a word without a stop: %q", path, c.Short)
		}
		if len(c.Long) < 40 {
			t.Errorf("%s: Long says nothing", path)
		}
		for l := range strings.SplitSeq(c.Long, "\n") {
			if len(l) > 84 {
				t.Errorf("%s: a line of %d columns: %s", path, len(l), l)
			}
		}
		if !strings.Contains(c.Example, "tellr ") {
			t.Errorf("%s has no example", path)
		}
		if c.Annotations[exitStatusKey] == "" {
			t.Errorf("%s does not say its exit status", path)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			name, usage := pflag.UnquoteUsage(f)
			if usage == "" || strings.HasSuffix(usage, ".") {
				t.Errorf("%s --%s: usage is a phrase without a stop: %q", path, f.Name, usage)
			}
			if f.Value.Type() != "bool" && strings.ToUpper(name) != name {
				t.Errorf("%s --%s: its value has no name in `CAPITALS`: %s", path, f.Name, name)
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

func TestHelp(t *testing.T) {
	b := &bench{T: t}
	golden(t, "help", b.want(0, nil).out)
	for _, c := range newRootCommand(&program{IO: System(), wiring: realWiring()}).Commands() {
		t.Run(c.Name(), func(t *testing.T) {
			b := &bench{T: t}
			asked := b.want(0, nil, "help", c.Name()).out
			golden(t, "help-"+c.Name(), asked)
			if c.Name() == "help" {
				return
			}
			if flag := b.want(0, nil, c.Name(), "--help").out; flag != asked {
				t.Errorf("--help says something else:\n%s", flag)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	b := newBench(t)
	b.write("environments/staging.hcl", "")
	for _, c := range []struct {
		args string
		says string
	}{
		{"pln", "did you mean: tellr plan"},
		{"deploy", "did you mean: tellr apply"},
		{"teardown", "did you mean: tellr destroy"},
		{"xyzzyx", "tellr help lists the commands"},
		{"environments/dev.hcl", "tellr plan environments/dev.hcl"},
		{"help pln", "did you mean: tellr plan"},
		{"plan", "tellr plan needs an environment file"},
		{"plan a b", "takes one argument"},
		{"version x", "takes no argument"},
		{"plan environments/dev.hcl -out=p", "write --out=p"},
		{"plan environments/dev.hcl -out p", "write --out"},
		{"-detailed-exitcode plan environments/dev.hcl", "write --detailed-exitcode"},
		{"plan environments/dev.hcl -oot=p", "write --out=p"},
		{"fmt -check", "write --check"},
		{"plan --oot p environments/dev.hcl", "did you mean --out?"},
		{"plan --format yaml environments/dev.hcl", "choose one of text, json"},
		{"plan --format", "--format needs a value"},
		{"plan -x environments/dev.hcl", "there is no flag -x"},
		{"apply --parallel many environments/dev.hcl", "it takes a whole number"},
		{"apply --parallel 0 environments/dev.hcl --yes", "--parallel must be at least 1"},
		{"sandbox --latency 5 -- true", "it takes a time such as 50ms"},
		{"sandbox true", "tellr sandbox -- true"},
		{"--version", "tellr version"},
		{"--color=pink version", "choose one of auto, always, never"},
		{"plan dev", "tellr plan environments/dev.hcl"},
		{"apply staging --yes", "tellr apply environments/staging.hcl"},
		{"plan environments/dve.hcl", "did you mean environments/dev.hcl?"},
		{"plan dev.hcl", "did you mean environments/dev.hcl?"},
		{"plan environments/zzzzzzzz.hcl", "there is environments/dev.hcl, environments/staging.hcl"},
		{"plan environments", "name one of its files: environments/dev.hcl"},
		{"plan environments/dev.hcl --var x", "write --var name=value"},
		{"plan environments/dev.hcl --var x=1 --var x=2", "--var gives x twice"},
		{"show environments/dev.hcl", "tellr plan environments/dev.hcl"},
		{"schema bix", "did you mean box?"},
		{"schema bix", "there is no kind bix"},
		{"completion tcsh", "there is no completion"},
		{"plan environments/dev.hcl --from nowhere.json", "cannot read the snapshot nowhere.json"},
		{"plan environments/dev.hcl --from a --save-snapshot b", "none of the others can be"},
	} {
		r := b.want(1, says(c.says, "error: "), strings.Fields(c.args)...)
		if r.out != "" {
			t.Errorf("tellr %s: an error on standard output: %s", c.args, r.out)
		}
		if strings.Contains(r.err, "Usage:") {
			t.Errorf("tellr %s: the usage drowns the error", c.args)
		}
	}
	if b.shelf.reads > 0 {
		t.Error("a mistake was found only after the world was read")
	}
}

func TestVersion(t *testing.T) {
	b := &bench{T: t}
	if got := b.want(0, nil, "version").out; got != "tellr v1.2.3 0123456789ab go1.26 linux/amd64\n" {
		t.Error(got)
	}
	if got := b.want(0, nil, "version", "--json").out; got != `{"version":"v1.2.3","commit":"0123456789abcdef","go":"go1.26","system":"linux/amd64","plan_format":1}`+"\n" {
		t.Error(got)
	}
}

func TestCompletion(t *testing.T) {
	b := &bench{T: t}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if r := b.want(0, nil, "completion", shell); len(r.out) < 1000 {
			t.Errorf("%s: %s", shell, r.out)
		}
	}
	if got := b.want(0, nil, "__complete", "plan", "").out; !strings.HasPrefix(got, "hcl\n") {
		t.Errorf("completes %q", got)
	}
	if got := b.want(0, nil, "__complete", "schema", "").out; !strings.Contains(got, "table") {
		t.Errorf("completes %q", got)
	}
}

func TestSchema(t *testing.T) {
	b := newBench(t)
	b.want(0, says("box", "A box on a shelf"), "schema")
	b.want(0, says("What opens it", "sensitive", `label = "tea"`), "schema", "box")
	b.want(0, says("## box", "| `key` |"), "schema", "--format", "markdown")
	b.want(0, says(`"kind": "box"`), "schema", "box", "--format", "json")
}

func TestGraph(t *testing.T) {
	b := newBench(t)
	b.want(0, says("box.a"), "graph", "environments/dev.hcl")
	b.want(0, says("digraph", "box.a"), "graph", "environments/dev.hcl", "--format", "dot")
}

func TestValidate(t *testing.T) {
	b := newBench(t)
	r := b.want(0, says("environments/dev.hcl is valid: environment dev, 2 things in 1 file."), "validate", "environments/dev.hcl")
	if r.err != "" {
		t.Error(r.err)
	}
	b.write("bad.hcl", "environment \"bad\" {}\nbox \"a\" {\n  lable = \"x\"\n}\nbxo \"b\" {}\n")
	r = b.want(1, says(`bad.hcl:3:3`, `bad.hcl:5:1`, `  lable = "x"`, "dev.hcl is valid"), "validate", "bad.hcl", "environments/dev.hcl")
	if strings.Contains(r.out, "bad.hcl") {
		t.Errorf("a message on standard output: %s", r.out)
	}
	if b.shelf.reads > 0 {
		t.Error("validate reads the world")
	}
}

func TestFmt(t *testing.T) {
	b := newBench(t)
	const ugly = "environment   \"x\" {\n      a=1\n}\n"
	b.write("a/ugly.hcl", ugly)
	b.write("a/.hidden/ugly.hcl", ugly)
	b.write("a/other.txt", ugly)
	b.write("a/bad.hcl", "environment {{\n")
	r := b.want(1, says("a/ugly.hcl", "bad.hcl:1"), "fmt", "--check", "a")
	if strings.Contains(r.out, "hidden") || strings.Contains(r.out, "other") {
		t.Error(r.out)
	}
	b.want(1, says("--- a/a/ugly.hcl", "-      a=1", "+  a = 1"), "fmt", "--check", "--diff", "a/ugly.hcl")
	b.want(0, says("a/ugly.hcl"), "fmt", "a/ugly.hcl")
	if r := b.want(0, nil, "fmt", "a/ugly.hcl"); r.out != "" {
		t.Errorf("not idempotent: %s", r.out)
	}
	b.in = ugly
	if r := b.want(0, nil, "fmt", "-"); r.out != "environment \"x\" {\n  a = 1\n}\n" {
		t.Error(r.out)
	}
}
