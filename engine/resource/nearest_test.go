package resource_test

import (
	"testing"

	"github.com/tellr-dev/tellr/engine/resource"
)

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"txet": "text", "numericc": "numeric", "TETX": "text", "intager": "integer", "instance": "instance_id", "zzz": "", "t": "", "text": "", "intt": "int",
	} {
		if got := resource.Nearest(name, []string{"inet", "int", "text", "numeric", "integer", "instance_id"}); got != want {
			t.Errorf("for %q it is %q, not %q", name, got, want)
		}
	}
}
