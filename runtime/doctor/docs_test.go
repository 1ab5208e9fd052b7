package doctor_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/runtime/doctor"
	"github.com/tellr-dev/tellr/runtime/lakebase"
)

var update = flag.Bool("update", false, "write the table of docs/doctor.md")

// docs/doctor.md tells of every check, and its table of errors is the connector's.
func TestPage(t *testing.T) {
	const file, begin, end = "../../docs/doctor.md", "<!-- The table is written by: go test ./runtime/doctor -update -->\n", "<!-- /The table -->"
	data, err := os.ReadFile(file)
	must(t, err)
	page := string(data)
	for _, name := range doctor.Names() {
		if !strings.Contains(page, "\n### "+name+"\n") {
			t.Errorf("%s does not tell of the check %s", file, name)
		}
	}
	before, rest, ok1 := strings.Cut(page, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", file)
	}
	var b strings.Builder
	b.WriteString("\n| code | what happened | recognised by | cure |\n|---|---|---|---|\n")
	for _, e := range lakebase.Table() {
		meaning := e.Meaning
		if e.Transient {
			meaning += "; it may pass by itself"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", e.Code, cell(meaning), cell(e.Detected), cell(e.Hint))
	}
	b.WriteString("\n")
	want := before + begin + b.String() + end + after
	switch {
	case want == page:
	case *update && os.Getenv("CI") == "":
		must(t, os.WriteFile(file, []byte(want), 0o644))
	default:
		t.Errorf("the table in %s is not the connector's; go test ./runtime/doctor -update", file)
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
