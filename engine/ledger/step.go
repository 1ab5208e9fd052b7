package ledger

import (
	"cmp"
	"fmt"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Step is what is remembered of a plan's step before it begins: what it does,
// with holes unfilled, so that no secret is in it.
func Step(s *resource.Step, n int) resource.RunStep {
	out := resource.RunStep{N: n, ID: s.ID, Address: s.Address, Title: s.Title, Action: s.Action, Stage: s.Stage, System: s.System, Call: call(s)}
	for _, st := range s.Statements {
		out.Statements = append(out.Statements, st.SQL.String())
	}
	if s.Destroys {
		out.Lost = cmp.Or(s.NoUndo, "what it held is gone")
	}
	return out
}

// call is what a step does that is no statement.
func call(s *resource.Step) string {
	switch {
	case s.Call != nil:
		return s.Call.Method + " " + text(s.Call.Path)
	case s.Upload != nil:
		return fmt.Sprintf("upload %d files to %s", len(s.Upload.Files), text(s.Upload.Target))
	case s.Wait != nil && len(s.Statements) == 0:
		return "wait until " + s.Wait.For
	}
	return ""
}

// text is a string as it is; one with holes as a reader of a plan sees it.
func text(v resource.Value) string {
	if v.Kind() == resource.KindString {
		return v.Str()
	}
	return v.Show()
}

// Change is what is remembered of one thing that steps of a run changed. They
// are all of the plan's about it; if there are none, before is what it was.
// after is null if it is gone.
func Change(a resource.Address, steps []*resource.Step, before, after resource.Value) resource.RunChange {
	c := resource.RunChange{Address: a, Action: resource.Update, After: resource.Remember(after)}
	read, there, made, deleted := false, false, false, false
	if len(steps) == 0 {
		read, there, deleted = true, !before.IsNull(), true
		c.Before = resource.Remember(before)
	}
	var only resource.Action // what the ledger alone was told, besides or instead of a change
	for _, s := range steps {
		if s.Action.OnlyLedger() {
			only = s.Action
			continue
		}
		for _, f := range s.Reads {
			if f.Address == a && !f.Refers && !read {
				read, there = true, f.SHA256 != "" && !f.Attrs.IsNull()
				c.Before = resource.Remember(f.Attrs)
			}
		}
		whole := len(s.Path) == 0
		c.Moved = c.Moved || s.Cause == resource.CauseDrift || s.Cause == resource.CauseBoth
		switch s.Action {
		case resource.Create:
			made = made || whole
		case resource.Delete:
			deleted = deleted || whole
		case resource.Replace:
			c.Action = s.Action
		}
	}
	switch {
	case !read && only != "":
		c.Action = only
		if only != resource.Forget { // it is as it was
			c.Before = c.After
		}
	case c.Action != resource.Update:
	case after.IsNull() && deleted:
		c.Action = resource.Delete
	case there && made && deleted:
		c.Action = resource.Replace
	case !there:
		c.Action = resource.Create
	}
	return c
}
