package render

import (
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

const source = `environment "dev" {}

instance "main" {
	provisioned { capacity = "CU_3" } # größe 東京
  name = "東京-ü" + oops
}
`

func span2(line, column, endLine, endColumn int32) *resource.Range {
	return &resource.Range{File: "environments/dev.hcl", Line: line, Column: column, EndLine: endLine, EndColumn: endColumn}
}

func TestDiagnostics(t *testing.T) {
	var ds resource.Diagnostics
	ds.Errorf(span2(4, 27, 4, 33), `"CU_3" is not a capacity`, "write CU_1, CU_2, CU_4 or CU_8", "a provisioned instance comes in four sizes")
	ds.Errorf(span2(5, 19, 5, 23), "there is no variable oops", "", "%s", strings.Repeat("a long explanation that has to be wrapped ", 5)+"\n  indented code is left as it is, however long it is, since it would not be code any more after that")
	ds.Errorf(span2(3, 1, 6, 2), "a block of several lines", "", "")
	ds.Warnf(span2(9, 1, 9, 3), "beyond the end", "nothing", "")
	ds.Errorf(nil, "without a place", "do something about it, for example this rather long thing that goes on over the width of the line and more", "")
	ds = append(ds, &resource.Diagnostic{Severity: resource.Error, Summary: "with its own line", Range: &resource.Range{File: "other.hcl", Line: 12, Column: 3, EndLine: 12, EndColumn: 3}, Source: "  x = "})
	ds = append(ds, ds[0]) // said twice, shown once
	for name, o := range map[string]DiagnosticOptions{
		"diagnostics":       {},
		"diagnostics-color": {Color: true, Width: 60},
	} {
		t.Run(name, func(t *testing.T) {
			o.Sources = map[string][]byte{"environments/dev.hcl": []byte(source)}
			var b strings.Builder
			if err := Diagnostics(&b, ds, o); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.String())
		})
	}
}
