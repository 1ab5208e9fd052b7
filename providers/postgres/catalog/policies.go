package catalog

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

type policyRow struct {
	oid        uint32
	name       string
	command    byte // r a w d *
	permissive bool
	roles      []string
	using      string
	withCheck  string
	comment    string
}

func (w *raw) takePolicy(r row) {
	t := w.relation[r.oid(1)]
	if t == nil {
		return
	}
	p := &policyRow{oid: r.oid(0), name: r.text(2), command: r.char(3), permissive: r.flag(4), using: r.text(6), withCheck: r.text(7),
		comment: r.text(8)}
	decode(r.values[5], &p.roles)
	t.policies = append(t.policies, p)
}

func (s *snapshot) locatePolicy(a resource.Address, at resource.Value) *resource.Live {
	schema, table, ok := sqltext.SplitQualified(at.Get("table").Str())
	n := s.schema[schema]
	if !ok || n == nil {
		return nil
	}
	t := s.named[place{n.oid, table}]
	if t == nil {
		return nil
	}
	for _, p := range t.policies {
		if p.name == at.Get("name").Str() {
			l := s.found(a, p.oid, t.owner, "TABLE "+qualified(schema, table), s.shape.policy(t, p))
			s.rows[a] = t
			return l
		}
	}
	return nil
}

func (s *shaper) policy(t *relationRow, p *policyRow) resource.Value {
	var f fields
	f.text("table", qualified(s.schemaOf[t.schema].name, t.name))
	f.text("name", p.name)
	f.flag("restrictive", !p.permissive)
	f.text("command", map[byte]string{'r': "SELECT", 'a': "INSERT", 'w': "UPDATE", 'd': "DELETE"}[p.command])
	if !slices.Equal(p.roles, []string{Public}) {
		f.list("to", p.roles)
	}
	f.text("using", p.using)
	f.text("with_check", p.withCheck)
	f.text("comment", p.comment)
	return resource.Object(f...)
}

// listPolicies lists those of all tables; of those that nobody declared they
// go with their tables.
func (s *snapshot) listPolicies() []thing {
	var out []thing
	for _, t := range s.relations {
		for _, p := range t.policies {
			at := resource.Object(resource.F("table", resource.String(qualified(s.schemaOf[t.schema].name, t.name))),
				resource.F("name", resource.String(p.name)))
			out = append(out, thing{oid: p.oid, schema: t.schema, name: t.name + "." + p.name, at: at})
		}
	}
	return out
}
