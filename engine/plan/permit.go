package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// largeRewrite is how much a step may copy before it must be named: below, it
// is over in seconds.
const largeRewrite = 1 << 30

// judge completes the hazards of a step, and blocks what nobody allowed.
func (b *builder) judge(s *resource.Step) {
	if s.Destroys {
		destroys(s)
	}
	if s.Blocked != nil {
		return
	}
	var why []string
	var permits []resource.Permit
	block := func(flag, name, reason string, allowed []string) {
		if slices.Contains(allowed, name) {
			return
		}
		why = append(why, reason)
		if p := (resource.Permit{Flag: flag, Name: name}); !slices.Contains(permits, p) {
			permits = append(permits, p)
		}
	}
	if s.Destroys {
		block(resource.AllowDestroy, s.Guard(), "it destroys data", b.req.Allow)
	}
	if copied := rewritten(s); copied > largeRewrite {
		block(resource.AllowRewrite, s.Guard(), fmt.Sprintf("it copies %s of a table that nobody can use meanwhile", amount(0, copied)), b.req.AllowRewrite)
	}
	for _, r := range b.rules {
		for _, v := range r.violations(s) {
			block(resource.AllowCheck, r.name, v, b.req.AllowCheck)
		}
	}
	if len(why) > 0 {
		s.Blocked = &resource.Block{Reason: strings.Join(why, "; "), Allow: permits}
	}
}

// destroys says of a step's statements that values are lost, where its
// provider did not say of which.
func destroys(s *resource.Step) {
	for _, st := range s.Statements {
		if slices.ContainsFunc(st.Hazards, func(h resource.Hazard) bool { return h.Kind == resource.HazardDataDestroyed }) {
			return
		}
	}
	if len(s.Statements) == 0 {
		return
	}
	detail := s.NoUndo
	if detail == "" {
		detail = s.Title
	}
	st := &s.Statements[0]
	st.Hazards = append([]resource.Hazard{{Kind: resource.HazardDataDestroyed, Detail: detail, Rows: st.Rows, Bytes: st.Bytes}}, st.Hazards...)
}

func rewritten(s *resource.Step) int64 {
	var n int64
	for _, st := range s.Statements {
		for _, h := range st.Hazards {
			if h.Kind == resource.HazardRewrite {
				n += h.Bytes
			}
		}
	}
	return n
}

// count adds a step's hazards.
func (s *Summary) count(step *resource.Step) {
	for _, st := range step.Statements {
		for _, h := range st.Hazards {
			i := slices.IndexFunc(s.Hazards, func(c HazardCount) bool { return c.Kind == h.Kind })
			if i < 0 {
				i = len(s.Hazards)
				s.Hazards = append(s.Hazards, HazardCount{Kind: h.Kind})
			}
			c := &s.Hazards[i]
			c.Statements++
			if h.Kind == resource.HazardLock || h.Kind == resource.HazardScan {
				c.Rows, c.Bytes = max(c.Rows, h.Rows), max(c.Bytes, h.Bytes)
			} else {
				c.Rows, c.Bytes = c.Rows+max(h.Rows, 0), c.Bytes+max(h.Bytes, 0)
			}
		}
	}
	slices.SortFunc(s.Hazards, func(a, b HazardCount) int {
		return slices.Index(resource.HazardKinds, a.Kind) - slices.Index(resource.HazardKinds, b.Kind)
	})
}

// checkAllowed refuses a permission that permits nothing: a typing error must
// not pass for a decision.
func (b *builder) checkAllowed(p *Plan) {
	guards := func(which func(*resource.Step) bool) []string {
		var out []string
		for _, s := range p.Steps {
			if which(s) {
				out = append(out, s.Guard())
			}
		}
		return out
	}
	var broken []string
	for _, r := range b.rules {
		if slices.ContainsFunc(p.Steps, func(s *resource.Step) bool { return len(r.violations(s)) > 0 }) {
			broken = append(broken, r.name)
		}
	}
	for _, x := range []struct {
		flag, what, list string
		given, names     []string
	}{
		{resource.AllowDestroy, "names nothing that this plan destroys", "it would destroy", unless(b.req.Allow, b.goneAlready()),
			guards(func(s *resource.Step) bool { return s.Destroys })},
		{resource.AllowRewrite, "names nothing that this plan copies at such length", "it copies", b.req.AllowRewrite,
			guards(func(s *resource.Step) bool { return rewritten(s) > largeRewrite })},
		{resource.AllowCheck, "names no check that this plan violates", "it violates", b.req.AllowCheck, broken},
	} {
		for _, allow := range x.given {
			if slices.Contains(x.names, allow) {
				continue
			}
			names := "\n  nothing"
			if len(x.names) > 0 {
				names = "\n  " + strings.Join(x.names, "\n  ")
			}
			b.ds.Errorf(nil, "--"+x.flag+" "+allow+" "+x.what,
				"name exactly what the plan shows as blocked, or leave the flag out", "%s:%s", x.list, names)
		}
	}
}

// goneAlready are the things of the files that a destroy finds gone. They may
// be named: the command that finishes an interrupted destroy is the same
// command.
func (b *builder) goneAlready() []string {
	if !b.req.Destroy {
		return nil
	}
	var out []string
	for _, r := range b.req.Desired {
		out = append(out, r.Address.String())
	}
	return out
}

func unless(names, known []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(known, n) })
}
