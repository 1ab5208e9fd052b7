package config

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Format gives a file in canonical form: indentation by two, equal signs
// aligned, no blanks at line ends, one line break at the end. Comments and
// blank lines stay. A file with a syntax error is returned as it is, with the
// diagnostics.
func Format(src []byte, filename string) ([]byte, resource.Diagnostics) {
	l := newLoader(Options{})
	if l.parse(filename, src); l.diags.list.HasErrors() {
		return src, l.finish()
	}
	out := bytes.TrimRight(hclwrite.Format(src), "\n")
	if len(out) == 0 {
		return out, nil
	}
	return append(out, '\n'), nil
}
