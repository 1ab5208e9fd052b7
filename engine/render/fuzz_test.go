package render

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/plan"
)

// A plan file comes from somewhere else. Whatever stands in it, reading and
// showing it ends, without a panic; what can be read is written as it was read.
func FuzzPlanFile(f *testing.F) {
	for _, p := range []*plan.Plan{fromNothing(), everyAction(), large(3)} {
		data, err := plan.Encode(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { readAndShow(t, data) })
}

func readAndShow(t *testing.T, data []byte) {
	t.Helper()
	_, decoded := plan.Decode(data)
	// What its hash would refuse is shown too: a hash can be made to fit.
	p := new(plan.Plan)
	err := json.Unmarshal(data, p)
	if err != nil || slices.Contains(p.Steps, nil) || slices.Contains(p.Notes, nil) {
		if decoded == nil {
			t.Errorf("Decode reads what is no plan: %v", err)
		}
		return
	}
	for _, o := range []Options{{}, {Summary: true}, {Color: true, Width: 20}} {
		if err := Text(io.Discard, p, o); err != nil {
			t.Error(err)
		}
	}
	if err := Applied(io.Discard, p, Outcome{Done: p.Steps, InDoubt: p.Steps}, Options{}); err != nil {
		t.Error(err)
	}
	once, err := plan.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	again := new(plan.Plan)
	if err := json.Unmarshal(once, again); err != nil {
		return // an address that was left out, and must not be
	}
	twice, err := plan.Encode(again)
	if err != nil || !bytes.Equal(once, twice) {
		t.Errorf("written twice, it differs: %v\n%s\n%s", err, once, twice)
	}
}

// Plan files that would take all stack, memory or time.
func TestHostilePlanFiles(t *testing.T) {
	seed, err := plan.Encode(everyAction())
	if err != nil {
		t.Fatal(err)
	}
	rep := strings.Repeat
	body := func(value string) []byte {
		return []byte(`{"format":1,"environment":{"name":"x"},"steps":[{"id":"a.b","address":"a.b","action":"create","stage":"workspace","title":"t","call":{"method":"POST","path":"/","body":` + value + `}}]}`)
	}
	for name, data := range map[string][]byte{
		"lists":   body(rep("[", 9000) + rep("]", 9000)),
		"objects": body(rep(`{"a":`, 9000) + "1" + rep("}", 9000)),
		"open":    []byte(rep("[", 1_000_000)),
		"number":  body("1e" + rep("9", 100_000)),
		"digits":  body(rep("9", 1_000_000)),
		"text":    body(`"` + rep("a\\n", 30_000) + `"`),
		"fields":  body("{" + strings.TrimSuffix(rep(`"a":1,`, 20_000), ",") + "}"),
		"binary":  bytes.Repeat([]byte{0, 0xff, '{'}, 100_000),
		"cut":     seed[:len(seed)/2],
		"twice":   append(seed, seed...),
		"nulls":   []byte(`{"format":1,"steps":[null],"scopes":[null],"records":[null],"notes":[null]}`),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			readAndShow(t, data)
			runtime.ReadMemStats(&after)
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 2000 {
				t.Errorf("took %d MB in all", took)
			}
		})
	}
}
