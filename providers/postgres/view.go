package postgres

import (
	"bytes"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// view is a snapshot made ready for look-ups: parsed once, asked once for each thing of an environment.
type view struct {
	snap  *resource.Snapshot
	index *index
	facts *catalog.Facts
	live  map[resource.Address]*resource.Live
	// asked are the texts that the server was asked about, by ID. What was not asked then cannot be looked up now: the
	// snapshot may be a recorded one and the configuration a later one.
	asked map[string]string
	ask   catalog.Ask
	// holes are role names that were known when the snapshot was read, by the hole that stands for them.
	holes map[string]resource.Value
	// targetsOf is what privileges can be on, by schema.
	targetsOf map[string]map[string][]grantTarget
	// blocks are decoded grants blocks.
	blocks map[resource.Address]*grantsBlock
	// columnsOf are the columns of tables that others have theirs from, in the server's form.
	columnsOf map[resource.Address]resource.Value
	// partitions are those that are live, by name; made when first asked for.
	partitions map[string]*catalog.Partition
	// warned are the places about which a warning has been given.
	warned map[string]bool
}

func newView(s *resource.Snapshot, x *index) (*view, error) {
	v := &view{
		snap: s, index: x,
		live:   make(map[resource.Address]*resource.Live, len(s.Objects)),
		holes:  map[string]resource.Value{},
		warned: map[string]bool{}, columnsOf: map[resource.Address]resource.Value{}, targetsOf: map[string]map[string][]grantTarget{}, blocks: map[resource.Address]*grantsBlock{},
	}
	for _, o := range s.Objects {
		v.live[o.Address] = o
	}
	var err error
	if v.facts, err = catalog.ParseFacts(s); err != nil {
		return nil, err
	}
	if v.ask, err = askedQuestions(s.Scope, x); err != nil {
		return nil, err
	}
	v.asked = askedTexts(v.ask)
	for _, w := range s.Scope.Wanted {
		if r := x.desired[w.Address]; r != nil {
			asked := locate(x, r)
			for _, attr := range []string{"to", "owner", "members", "member_of", "for", "grantor"} {
				v.learn(asked.Get(attr), w.Locate.Get(attr))
			}
		}
	}
	return v, nil
}

// learn notes what was filled into the holes of a value.
func (v *view) learn(asked, filled resource.Value) {
	if hole, ok := (roleName{asked}).hole(); ok && filled.Kind() == resource.KindString {
		v.holes[hole.String()] = filled
	}
	for i, it := range asked.Items() {
		if i < len(filled.Items()) {
			v.learn(it, filled.Items()[i])
		}
	}
}

// role resolves the name of a role as far as the snapshot knows it.
func (v *view) role(x resource.Value) roleName {
	return roleName{x.Fill(func(h resource.Hole) (resource.Value, bool) {
		name, ok := v.holes[h.String()]
		return name, ok
	})}
}

// canon gives the server's form of an expression. ok is false if nobody asked the server, or it could not tell; why
// then says so.
func (v *view) canon(id, text string) (canonical string, ok bool, why string) {
	if asked, known := v.asked[id]; !known || asked != text {
		return text, false, "the recorded state does not have it"
	}
	c, err := v.facts.Canonical(id, text)
	if err != nil {
		return text, false, err.Error()
	}
	return c, true, ""
}

// askedQuestions gives what a scope asks. Where the scope is the one that this configuration led to, that is known without
// reading it.
func askedQuestions(scope resource.Scope, x *index) (catalog.Ask, error) {
	ask, known := x.asks[scope.System.Name]
	if known && bytes.Equal(ask.raw, scope.Ask) {
		return ask.questions, nil
	}
	return catalog.Asked(scope)
}

// askedTexts lists the texts of what is asked, by ID.
func askedTexts(ask catalog.Ask) map[string]string {
	out := map[string]string{}
	for _, e := range ask.Exprs {
		out[e.ID] = e.Text
	}
	for _, t := range ask.Tables {
		for _, e := range t.Exprs {
			out[e.ID] = e.Text
		}
	}
	return out
}
