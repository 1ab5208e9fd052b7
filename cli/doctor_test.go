package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/runtime/doctor"
	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// Each outcome as it is printed, with colours and without.
func TestChecksArePrinted(t *testing.T) {
	checks := []doctor.Check{
		{Name: doctor.Environment, Outcome: doctor.OK, Detail: "autoscaling projects/p/branches/b/endpoints/e, from env LAKEBASE_ENDPOINT"},
		{Name: doctor.Workspace, Outcome: doctor.Skipped, Detail: "the environment says everything"},
		{Name: doctor.Token, Outcome: doctor.Warn, Detail: "of ann, for 1h0m0s; the role is bob, from env PGUSER", Cure: "set PGUSER to ann", Took: 212 * time.Millisecond},
		{Name: doctor.SetRole, Outcome: doctor.OK, Detail: "ann takes the role web", Took: 12345 * time.Microsecond},
		{Name: doctor.Tables, Of: "app.web", Outcome: doctor.Fail, Code: lakebase.ErrPermission, Detail: "web lacks INSERT\n\ton notes", Cure: "run tellr\napply", Took: 2340 * time.Millisecond},
		{Name: doctor.Sequences, Of: "app.web", Outcome: doctor.Skipped, Detail: "because tables failed", Cure: "not shown"},
	}
	var page strings.Builder
	p := &program{IO: IO{Out: &page}}
	for _, colored := range []bool{false, true} {
		for _, c := range checks {
			p.printCheck(render.NewStyle(colored), c)
		}
		page.WriteString("\n")
	}
	p.verdict(checks)
	p.verdict(checks[:4])
	p.verdict(checks[:1])
	page.WriteString("\n")
	if err := p.checksJSON(checks); err != nil {
		t.Fatal(err)
	}
	golden(t, "doctor", page.String())
}
