package catalog

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

func (s *shaper) domain(t *typeRow) resource.Value {
	d := s.domains[t.oid]
	var f, checks fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	f.text("type", d.base)
	f.text("collation", d.collation)
	f.flag("not_null", d.notNull)
	f.text("default", d.def)
	for _, k := range d.checks {
		var c fields
		c.text("expression", *k[1])
		c.flag("not_valid", *k[2] != "true")
		if k[3] != nil {
			c.text("comment", *k[3])
		}
		checks.put(*k[0], resource.Object(c...))
	}
	f.object("checks", checks)
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

func (s *shaper) composite(t *typeRow) resource.Value {
	var f, attributes fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	for _, a := range s.attributes[t.oid] {
		var one fields
		one.text("type", a.typ)
		one.text("collation", a.collation)
		one.text("comment", a.comment)
		attributes.put(a.name, resource.Object(one...))
	}
	f.object("attributes", attributes)
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

func (s *shaper) rangeType(t *typeRow) resource.Value {
	r := s.ranges[t.oid]
	var f fields
	f.text("schema", s.schemaOf[t.schema].name)
	f.text("name", t.name)
	f.text("subtype", r.subtype)
	f.text("operator_class", r.opclass)
	f.text("collation", r.collation)
	f.text("difference", r.diff)
	if r.multirange != MultirangeName(t.name) {
		f.text("multirange_name", r.multirange)
	}
	f.text("comment", t.comment)
	f.text("owner", s.roleName(t.owner))
	return resource.Object(f...)
}

func (s *shaper) collation(c *collationRow) resource.Value {
	var f fields
	f.text("schema", s.schemaOf[c.schema].name)
	f.text("name", c.name)
	f.text("provider", map[byte]string{'c': "libc", 'i': "icu", 'b': "builtin", 'd': "default"}[c.provider])
	switch {
	case c.provider != 'c':
		f.text("locale", c.locale)
	case c.collate == c.ctype:
		f.text("locale", c.collate)
	default:
		f.text("lc_collate", c.collate)
		f.text("lc_ctype", c.ctype)
	}
	if !c.deterministic {
		f.put("deterministic", resource.Bool(false))
	}
	f.text("rules", c.rules)
	f.text("version", c.version)
	f.text("actual_version", c.actual)
	f.text("comment", c.comment)
	f.text("owner", s.roleName(c.owner))
	return resource.Object(f...)
}

func (s *shaper) extension(x *extensionRow) resource.Value {
	var f fields
	f.text("schema", x.schemaName)
	f.text("name", x.name)
	f.text("version", x.version)
	f.flag("relocatable", x.relocatable)
	f.text("comment", x.comment)
	return resource.Object(f...)
}

func (s *shaper) aggregate(p *functionRow) resource.Value {
	a := s.aggregates[p.oid]
	var f fields
	f.text("schema", s.schemaOf[p.schema].name)
	f.text("name", p.name)
	args := p.arguments()
	direct, ordered := args, []string(nil)
	if a.kind != 'n' {
		direct, ordered = args[:a.direct], args[a.direct:]
		if len(ordered) == 0 && len(args) > 0 { // one VARIADIC stands for both
			ordered = slices.Clone(args[len(args)-1:])
		}
	}
	f.list("arguments", direct)
	f.list("order_by", ordered)
	f.flag("hypothetical", a.kind == 'h')
	f.text("state_function", a.sfunc)
	f.text("state_type", a.stype)
	f.count("state_space", a.space)
	f.text("final_function", a.final)
	f.flag("final_extra", a.finalExtra)
	f.text("final_modify", modify(a.kind, a.finalModify))
	f.text("combine_function", a.combine)
	f.text("serial_function", a.serial)
	f.text("deserial_function", a.deserial)
	f.textOrEmpty("initial", a.initial)
	f.text("moving_state_function", a.msfunc)
	f.text("moving_inverse_function", a.minv)
	f.text("moving_state_type", a.mstype)
	f.count("moving_state_space", a.mspace)
	f.text("moving_final_function", a.mfinal)
	f.flag("moving_final_extra", a.mfinalExtra)
	f.text("moving_final_modify", modify(a.kind, a.mfinalModify))
	f.textOrEmpty("moving_initial", a.minitial)
	f.text("sort_operator", a.sortop)
	f.text("parallel", map[byte]string{'r': "restricted", 's': "safe"}[p.parallel])
	f.text("comment", p.comment)
	f.text("owner", s.roleName(p.owner))
	return resource.Object(f...)
}

// modify is what a final function does to the state, where that is not what is
// meant anyway.
func modify(kind, how byte) string {
	if kind == 'n' && how == 'r' || kind != 'n' && how == 'w' {
		return ""
	}
	return map[byte]string{'r': "read_only", 's': "shareable", 'w': "read_write"}[how]
}

func (f *fields) count(name, digits string) {
	if digits != "" {
		f.put(name, resource.Number(digits))
	}
}

func (f *fields) textOrEmpty(name string, text *string) {
	if text != nil {
		f.put(name, resource.String(*text))
	}
}

func (s *shaper) procedure(p *functionRow) resource.Value {
	var f fields
	f.text("schema", s.schemaOf[p.schema].name)
	f.text("name", p.name)
	f.list("arguments", p.arguments())
	f.text("language", p.language)
	f.put("body", resource.String(p.body))
	f.flag("security_definer", p.definer)
	f.object("set", p.settings())
	f.text("comment", p.comment)
	f.text("owner", s.roleName(p.owner))
	return resource.Object(f...)
}
