package catalog

import (
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

func (s *snapshot) locateTable(a resource.Address, at resource.Value) *resource.Live {
	in, ok := s.within(at)
	if !ok {
		return nil
	}
	t := s.named[in]
	switch {
	case t == nil && s.indexed[in] != nil:
		table := s.indexed[in]
		return s.instead(a, in, 0, "an index of table "+qualified(s.schemaOf[table.schema].name, table.name))
	case t == nil && s.typed[in] != nil:
		return s.instead(a, in, s.typed[in].oid, typeWord(s.typed[in].kind))
	case t == nil:
		return nil
	case t.kind != 'r' && t.kind != 'p':
		return s.instead(a, in, t.oid, relationWord(t.kind))
	}
	l := s.found(a, t.oid, t.owner, "TABLE "+qualified(s.schemaOf[t.schema].name, t.name), s.shape.table(t, wantedParents(at)))
	l.Rows, l.Bytes = t.ofTree()
	if t.rows < 0 && t.bytes == 0 && t.kind == 'r' {
		l.Rows = 0
	}
	s.rows[a] = t
	return l
}

func (s *snapshot) locateSequence(a resource.Address, at resource.Value) *resource.Live {
	in, ok := s.within(at)
	if !ok {
		return nil
	}
	t := s.named[in]
	switch {
	case t == nil && s.indexed[in] != nil:
		return s.instead(a, in, 0, "an index of table "+s.indexed[in].name)
	case t == nil:
		return nil
	case t.kind != 'S':
		return s.instead(a, in, t.oid, relationWord(t.kind))
	case t.sequence.dep == 'i':
		return s.instead(a, in, t.oid, "the sequence of an identity column")
	}
	return s.found(a, t.oid, t.owner, "SEQUENCE "+qualified(s.schemaOf[t.schema].name, t.name), s.shape.sequence(t))
}

func (s *snapshot) locateTrigger(a resource.Address, at resource.Value) *resource.Live {
	schema, table, ok := sqltext.SplitQualified(at.Get("table").Str())
	n := s.schemaNamed(schema)
	if !ok || n == nil {
		return nil
	}
	t := s.named[place{n.oid, table}]
	if t == nil {
		return nil
	}
	for _, g := range t.triggers {
		if g.name == at.Get("name").Str() {
			l := s.found(a, g.oid, t.owner, "TABLE "+qualified(schema, table), s.shape.trigger(t, g))
			s.rows[a] = t
			return l
		}
	}
	return nil
}

// ofColumn tells whether a sequence is part of a serial or identity column.
func (s *snapshot) ofColumn(t *relationRow) bool {
	if t.sequence.dep == 'i' {
		return true
	}
	owner := s.relation[t.sequence.table]
	if owner == nil {
		return false
	}
	for _, c := range owner.columns {
		if c.number == t.sequence.column {
			return c.notNull && s.shape.serialSequence(owner, c) == t
		}
	}
	return false
}
