package catalog

import (
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// builtAsked are the questions that a read asks for views and rules, by what they are for.
type builtAsked struct {
	asker *builtAsker
	open  []builtOpen
}

type builtOpen struct {
	built *Built
	among string // key of the question among stand-ins; "" if none is needed
	plain string // key of the question among live objects; "" if none is asked
}

// askBuilt answers from what is live and from the ledger, and lists the questions that are left.
func (s *snapshot) askBuilt(ask *Ask) (*builtAsked, []Question) {
	a := &builtAsked{asker: newBuiltAsker(s, ask)}
	var out []Question
	for i := range ask.Built {
		b := &ask.Built[i]
		if f, ok := a.asker.cached(b); ok {
			a.asker.facts[b.ID] = f
			continue
		}
		key, in := a.asker.keyOf(b, s.session.version), a.asker.standins(b)
		if in == nil {
			if f, ok := s.asLive(b); ok {
				a.asker.facts[b.ID] = f
				continue
			}
		}
		open := builtOpen{built: b}
		if in != nil && s.session.mayCreateSchema {
			q := b.question(in)
			q.Key = key + " among stand-ins"
			open.among = q.Key
			out = append(out, q)
		}
		if in == nil || !sqltext.HasStar(b.Query) {
			q := b.question(nil)
			q.Key = key
			open.plain = q.Key
			out = append(out, q)
		}
		a.open = append(a.open, open)
	}
	return a, out
}

// asLive is for a text that is the live one, word by word, among things that stay as they are: what an import wrote.
func (s *snapshot) asLive(b *Built) (BuiltFact, bool) {
	t := s.relationAt(b.Schema, b.Name)
	if b.Kind == BuiltRule || t == nil || t.view == nil || sqltext.TrimQuery(b.Query) != t.view.query || len(b.Columns) > 0 {
		return BuiltFact{}, false
	}
	f := BuiltFact{Query: t.view.query, Columns: liveColumns(t)}
	for _, d := range b.Defaults {
		c := t.columnNamed(d.Column)
		if c == nil || c.expr != d.Text {
			return BuiltFact{}, false
		}
		if f.Defaults == nil {
			f.Defaults = map[string]string{}
		}
		f.Defaults[d.Column] = c.expr
	}
	return f, len(b.Indexes) == 0
}

// settle reads the answers.
func (a *builtAsked) settle(answers map[string]Answer, facts *Facts) {
	for _, o := range a.open {
		why := "whoever deploys may not create a schema in this database, so that it cannot be asked among what is still to come"
		for _, key := range []string{o.among, o.plain} {
			if key == "" {
				continue
			}
			answer := answers[key]
			if answer.Error != "" {
				if o.plain == "" || key == o.among || o.among == "" {
					why = answer.Error
				}
				continue
			}
			f, err := builtFact(answer.Text)
			if err != nil {
				why = err.Error()
				continue
			}
			a.asker.facts[o.built.ID] = f
			break
		}
		if _, ok := a.asker.facts[o.built.ID]; !ok {
			a.asker.facts[o.built.ID] = BuiltFact{Error: why}
		}
	}
	if len(a.asker.facts) > 0 {
		facts.Built = a.asker.facts
	}
}
