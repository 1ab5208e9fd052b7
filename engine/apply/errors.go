package apply

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/diff"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// Blocked says that a plan holds steps that may not run. Nothing was changed.
type Blocked struct{ Steps []*resource.Step }

func (e *Blocked) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d blocked step", len(e.Steps))
	if len(e.Steps) != 1 {
		b.WriteByte('s')
	}
	for _, s := range e.Steps {
		fmt.Fprintf(&b, "\n  %s: %s", s.Guard(), s.Blocked.Reason)
	}
	return b.String()
}

// Stale says that the world moved since the plan was made. Nothing was changed
// of what moved.
type Stale struct {
	Moved []Moved
	// Begun: earlier stages of the plan were done before it was seen.
	Begun bool
}

// Moved is one thing that is no longer as the plan read it.
type Moved struct {
	Address resource.Address
	// Path is the attribute that moved; empty if the thing came, went, or was
	// made anew.
	Path    string
	Was, Is resource.Value
	What    string
}

func (e *Stale) Error() string {
	lines := []string{"the plan is stale: what it read has changed since"}
	for _, m := range e.Moved {
		lines = append(lines, "  "+m.What)
	}
	return strings.Join(lines, "\n")
}

// moved compares a thing with the fingerprint that the plan took of it.
func moved(f resource.Fingerprint, k *resource.Kind, live *resource.Live) []Moved {
	now := plan.Fingerprint(k, live, f)
	if now.SHA256 == f.SHA256 {
		return nil
	}
	switch {
	case f.SHA256 == "":
		return []Moved{{Address: f.Address, What: fmt.Sprintf("%s was not there and is there now", f.Address)}}
	case live == nil:
		return []Moved{{Address: f.Address, What: fmt.Sprintf("%s was there and is gone", f.Address)}}
	}
	if f.Refers {
		return movedParts(f, now)
	}
	changes := diff.Compare(diff.Input{Kind: k, Want: f.Attrs, Live: now.Attrs})
	if len(changes) == 0 {
		return []Moved{{Address: f.Address, What: fmt.Sprintf("%s is another thing of the same name", f.Address)}}
	}
	out := make([]Moved, len(changes))
	for i, c := range changes {
		out[i] = Moved{Address: f.Address, Path: c.Path.String(), Was: c.Desired, Is: c.Live}
		if c.Sensitive {
			out[i].What = fmt.Sprintf("%s.%s changed", f.Address, c.Path)
		} else {
			out[i].What = fmt.Sprintf("%s.%s was %s and is %s", f.Address, c.Path, c.Desired.Show(), c.Live.Show())
		}
	}
	return out
}

// movedParts compares what is relied on of a thing that is only referred to.
func movedParts(f, now resource.Fingerprint) []Moved {
	var out []Moved
	for _, p := range f.Paths {
		was, is := f.Attrs.Get(p.String()), now.Attrs.Get(p.String())
		if !was.Equal(is) {
			out = append(out, Moved{Address: f.Address, Path: p.String(), Was: was, Is: is,
				What: fmt.Sprintf("%s.%s was %s and is %s", f.Address, p, was.Show(), is.Show())})
		}
	}
	if out == nil {
		out = []Moved{{Address: f.Address, What: fmt.Sprintf("%s is another thing of the same name", f.Address)}}
	}
	return out
}
