package render

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

func text(t testing.TB, p *plan.Plan, o Options) string {
	t.Helper()
	var b strings.Builder
	if err := Text(&b, p, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestText(t *testing.T) {
	undeclared := newPlan(plan.Summary{Unchanged: 3})
	undeclared.Undeclared = []resource.Undeclared{{Kind: "table", Where: "schema app_data", Names: []string{"a", "b"}}}
	gone := newPlan(plan.Summary{})
	gone.Destroy = true
	destroy := everyAction()
	destroy.Destroy = true
	unicode := newPlan(plan.Summary{Create: 1}, &resource.Step{
		ID: "t", Address: addr(`table.überweisung["東京"]`), Action: resource.Update, Cause: resource.CauseDrift, Title: "naïve – ✓", Stage: resource.Database, System: "db",
		At:      at("umgebungen/müller.hcl", 3),
		Changes: []resource.Change{{Path: resource.Path{"comment"}, Live: str("日本語"), Desired: str("emoji 🎉 e\u0301"), Cause: resource.CauseDrift}},
		Statements: sql("COMMENT ON TABLE \"überweisung\" IS '日本語 🎉'",
			"SELECT 'escape \x1b[31m and direction \u202e reversed \x00'"),
	})
	for name, c := range map[string]struct {
		plan *plan.Plan
		o    Options
	}{
		"from-nothing":         {fromNothing(), Options{}},
		"from-nothing-summary": {fromNothing(), Options{Summary: true}},
		"every-action":         {everyAction(), Options{}},
		"every-action-summary": {everyAction(), Options{Summary: true}},
		"every-action-color":   {everyAction(), Options{Color: true}},
		"every-action-narrow":  {everyAction(), Options{Width: 60}},
		"destroy":              {destroy, Options{Summary: true}},
		"no-changes":           {newPlan(plan.Summary{Unchanged: 61}), Options{}},
		"undeclared":           {undeclared, Options{}},
		"nothing-to-destroy":   {gone, Options{}},
		"unicode":              {unicode, Options{}},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, text(t, c.plan, c.o)) })
	}
}

// A step costs the same among many; memory is counted, as time depends on what else the machine does.
func TestTextIsLinear(t *testing.T) {
	per := func(n int) float64 {
		p := large(n)
		return testing.AllocsPerRun(2, func() {
			if err := Text(io.Discard, p, Options{}); err != nil {
				t.Fatal(err)
			}
		}) / float64(n)
	}
	if few, many := per(500), per(5000); many > 1.3*few {
		t.Errorf("a step of 500 takes %.1f allocations, one of 5,000 takes %.1f", few, many)
	}
}

func BenchmarkText5000(b *testing.B) {
	p := large(5000)
	b.ReportAllocs()
	for b.Loop() {
		if err := Text(io.Discard, p, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestLastLine: scripts grep it.
func TestLastLine(t *testing.T) {
	for _, p := range []*plan.Plan{fromNothing(), everyAction()} {
		for _, o := range []Options{{}, {Summary: true}} {
			lines := strings.Split(strings.TrimSpace(text(t, p, o)), "\n")
			if got := lines[len(lines)-1]; got != Counts(p) {
				t.Errorf("last line is %q", got)
			}
		}
	}
}

// TestStatementsAreExact: what runs is what is shown, however wide.
func TestStatementsAreExact(t *testing.T) {
	wide := "CREATE TABLE wide (\n"
	for i := range 300 {
		wide += fmt.Sprintf("  a_column_with_a_rather_long_name_%03d numeric(10,2) DEFAULT 0 NOT NULL CHECK (a_column_with_a_rather_long_name_%03d >= 0),\n", i, i)
	}
	wide += "  PRIMARY KEY (a_column_with_a_rather_long_name_000)\n)"
	p := newPlan(plan.Summary{Create: 1}, &resource.Step{ID: "table.wide", Address: addr("table.wide"), Action: resource.Create, Stage: resource.Database, Statements: sql(wide)})
	got := text(t, p, Options{Width: 40})
	got = strings.ReplaceAll(got, "\n      ", "\n")
	if !strings.Contains(got, wide+";") {
		t.Error(got)
	}
}

// TestNoEscapes: whatever names and messages the world holds, nothing that
// could steer a terminal gets out while colour is off.
func TestNoEscapes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("\x1b[]\r\n\t\x00\u009b{}\"'\\\u202e")))).Draw(rt, "text")
		a := resource.Address{Kind: "table", Name: s, Key: s, Keyed: rapid.Bool().Draw(rt, "keyed")}
		change := resource.Change{Path: resource.Path{s}, Live: str(s), Desired: resource.Object(resource.F(s, resource.Strings(s, s))), Reason: s,
			Cause: resource.CauseBoth, Last: str(s)}
		step := &resource.Step{
			ID: s, Address: a, Path: resource.Path{s}, Action: rapid.SampledFrom([]resource.Action{resource.Create, resource.Update, resource.Delete}).Draw(rt, "action"),
			Title: s, Reason: s, Stage: resource.Database, At: at(s+"x", 1), Changes: []resource.Change{change}, NoUndo: s, Destroys: true,
			Blocked: &resource.Block{Reason: s, Allow: []resource.Permit{{Flag: s, Name: s}}}, Wait: &resource.Wait{For: s},
			Call:       &resource.Call{Method: "POST", Path: str(s), Query: []resource.Param{{Name: s, Value: str(s)}}, Body: resource.Object(resource.F(s, str(s)))},
			Upload:     &resource.Upload{Source: s, Target: str(s), Files: []resource.File{{Path: s}}},
			Statements: []resource.Statement{{SQL: resource.SQL{{Text: s}, {Hole: s, Format: resource.Ident}}, LockOn: s, Lock: s, Hazards: []resource.Hazard{{Kind: resource.HazardKind(s), Detail: s}}, Batch: &resource.Batch{End: resource.RawSQL(s)}}},
		}
		p := newPlan(plan.Summary{}, step)
		p.Environment = plan.Environment{Name: s, File: s, Host: s, Profile: s}
		p.Undeclared = []resource.Undeclared{{Kind: s, Where: s, Names: []string{s}}}
		p.Notes = resource.Diagnostics{{Severity: resource.Warning, Summary: s, Detail: s, Cure: s, Range: at(s+"x", 1), Source: s}}
		var b strings.Builder
		if err := Text(&b, p, Options{Summary: rapid.Bool().Draw(rt, "summary")}); err != nil {
			rt.Fatal(err)
		}
		if err := Diagnostics(&b, p.Notes, DiagnosticOptions{}); err != nil {
			rt.Fatal(err)
		}
		if err := Applied(&b, p, Outcome{Done: p.Steps, Failed: p.Steps, URLs: []string{s}}, Options{}); err != nil {
			rt.Fatal(err)
		}
		pr := newProgress(&b, ProgressOptions{})
		for _, k := range []resource.EventKind{resource.ReadStarted, resource.StepStarted, resource.StepProgress, resource.StepFailed} {
			pr.Event(resource.Event{Kind: k, System: s, Step: step, Message: s, Stage: resource.Database})
		}
		if i := strings.IndexFunc(b.String(), func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u202e'
		}); i >= 0 {
			rt.Fatalf("%q at %d", b.String()[max(0, i-20):min(len(b.String()), i+20)], i)
		}
	})
}
