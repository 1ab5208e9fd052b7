package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// suggestRenames points out a column that goes where one of the same type comes: written as drop and add, a new name
// would cost the data.
func (c *tableChange) suggestRenames() {
	var gone, come []string
	for _, name := range c.entries("columns") {
		w, h := c.want.column(name), c.have.column(name)
		switch {
		case w == nil && h != nil && !c.isRenamed(name):
			gone = append(gone, name)
		case w != nil && h == nil && c.renames[name] == "":
			come = append(come, name)
		}
	}
	typ := func(name string) string {
		for _, ch := range c.d.Changes {
			if len(ch.Path) == 2 && ch.Path[0] == "columns" && ch.Path[1] == name {
				return ch.Desired.Get("type").Str()
			}
		}
		return ""
	}
	used := map[string]bool{}
	for _, from := range gone {
		for _, to := range come {
			lone := len(gone) == 1 && len(come) == 1
			if used[to] || typ(to) != c.have.column(from).typ || !lone && c.before(c.have, from) != c.before(c.want, to) {
				continue
			}
			used[to] = true
			line := fmt.Sprintf("renamed_from = %q", from)
			for _, s := range c.steps {
				if s.Address == c.d.Address && s.Action == resource.Delete && slices.Equal(s.Path, columnPath(from)) {
					s.Reason = fmt.Sprintf("the files do not have it; if column %s is the same under another name, write %s there, and nothing is lost", to, line)
				}
			}
			c.planner.ds = append(c.planner.ds, &resource.Diagnostic{
				Severity: resource.Warning, Address: c.d.Address, Range: c.want.column(to).at,
				Summary: fmt.Sprintf("is column %s of %s the former %s?", to, c.d.Address, from),
				Detail:  fmt.Sprintf("%s goes, with its values, and %s comes, of the same type", from, to),
				Cure:    fmt.Sprintf("if it is, write %s in column %s; if not, there is nothing to do", line, to),
			})
			break
		}
	}
}

// before is the column that stands before one, among those that stay.
func (c *tableChange) before(t *table, name string) string {
	out := ""
	for i := range t.columns {
		at := t.columns[i].name
		if at == name {
			return out
		}
		if t == c.have {
			for to, from := range c.renames {
				if from == at {
					at = to
				}
			}
		}
		if c.want.column(at) != nil && (c.have.column(at) != nil || c.renames[at] != "") {
			out = at
		}
	}
	return out
}

// suggestRenames points out a thing that is dropped where one comes that is much the same.
func (p *planner) suggestRenames() {
	if p.req.Destroy {
		return
	}
	used := map[resource.Address]bool{}
	for _, gone := range p.req.Deltas {
		if gone.Action != resource.Delete || gone.Kind == nil || gone.Live.Instead {
			continue
		}
		if _, can := gone.Kind.Attr("renamed_from"); !can {
			continue
		}
		i := slices.IndexFunc(p.steps, func(s *resource.Step) bool {
			return s.Address == gone.Address && s.Action == resource.Delete && len(s.Path) == 0
		})
		if i < 0 {
			continue
		}
		for _, come := range p.req.Deltas {
			if come.Action != resource.Create || come.Address.Kind != gone.Address.Kind || used[come.Address] || !p.alike(gone, come) {
				continue
			}
			used[come.Address] = true
			p.suggestRename(p.steps[i], gone, come)
			break
		}
	}
}

func (p *planner) suggestRename(drop *resource.Step, gone, come *resource.Delta) {
	at := livePlace(gone.Live)
	from := formerText(at.name)
	if at.schema != p.wanted(come).schema && at.schema != "" && gone.Address.Kind != "schema" {
		from = formerText(at.schema) + "." + formerText(at.name)
	}
	line := fmt.Sprintf("renamed_from = %q", from)
	drop.Reason = fmt.Sprintf("no file declares it any more; if %s is the same under another name, write %s there, and nothing is lost", come.Address, line)
	p.ds = append(p.ds, &resource.Diagnostic{
		Severity: resource.Warning, Address: come.Address, Range: come.Desired.Range,
		Summary: fmt.Sprintf("is %s the former %s?", come.Address, gone.Address),
		Detail:  fmt.Sprintf("%s goes, and %s comes, which is much the same", gone.Address, come.Address),
		Cure:    fmt.Sprintf("if it is, write %s in %s; if not, there is nothing to do", line, come.Address),
	})
}

// formerText writes a name so that renamed_from reads it as it is.
func formerText(name string) string {
	if strings.ContainsAny(name, `."`) {
		return sqltext.Quoted(name)
	}
	return name
}

// alike tells whether what comes could be what goes, under another name.
func (p *planner) alike(gone, come *resource.Delta) bool {
	want := specs[come.Address.Kind].normalize(p.quiet(), come.Desired)
	live := gone.Live.Attrs
	if come.Address.Kind != "table" {
		return sameBut(want, live, "name", "schema", "comment", "owner") && come.Address.Kind != "schema"
	}
	have := live.Get("columns").Fields()
	same := 0
	for _, f := range have {
		if w := want.Get("columns").Get(f.Name); !w.IsNull() && w.Get("type").Equal(f.Value.Get("type")) {
			same++
		}
	}
	most := max(len(have), len(want.Get("columns").Fields()))
	return most > 0 && 3*same >= 2*most
}

// suggestValue words how a value of an enum gets another name, where one goes and one comes.
func suggestValue(gone, want, have []string) string {
	var come []string
	for _, v := range want {
		if !slices.Contains(have, v) {
			come = append(come, v)
		}
	}
	if len(gone) != 1 || len(come) != 1 || slices.Index(have, gone[0]) != slices.Index(want, come[0]) {
		return ""
	}
	return fmt.Sprintf("if %s is the former %s, write renamed = { %q = %q }; else: ", come[0], gone[0], come[0], gone[0])
}
