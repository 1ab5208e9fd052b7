package catalog

import (
	"strings"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// viewRow is what a view has beyond other relations.
type viewRow struct {
	query      string
	options    []string
	populated  bool
	method     string
	tablespace string
	peculiar   bool // it has settings that no attribute is for
	grants     []GrantFact
}

type ruleRow struct {
	oid     uint32
	name    string
	event   byte // 2 update, 3 insert, 4 delete
	instead bool
	enabled byte
	comment string
	ruleText
}

type eventTriggerRow struct {
	oid, owner, schema uint32
	name, event        string
	fnSchema, fn       string
	enabled            byte
	tags               []string
	comment            string
}

func (w *raw) takeView(r row) {
	t := w.relation[r.oid(0)]
	if t == nil {
		return
	}
	t.view = &viewRow{query: sqltext.TrimQuery(string(r.values[1])), populated: r.flag(3), method: r.text(4), tablespace: r.text(5), peculiar: r.flag(6)}
	decode(r.values[2], &t.view.options)
}

func (w *raw) takeViewPrivilege(r row) {
	if t := w.relation[r.oid(0)]; t != nil && t.view != nil {
		t.view.grants = append(t.view.grants, GrantFact{Column: r.text(1), Grantee: r.text(2), Privilege: r.text(3), Grantable: r.flag(4)})
	}
}

func (w *raw) takeRule(r row) {
	t := w.relation[r.oid(1)]
	if t == nil {
		return
	}
	t.rules = append(t.rules, &ruleRow{oid: r.oid(0), name: r.text(2), event: r.char(3), instead: r.flag(4), enabled: r.char(5),
		comment: r.text(7), ruleText: ruleDef(string(r.values[6]))})
}

func (w *raw) takeEventTrigger(r row) {
	e := &eventTriggerRow{oid: r.oid(0), name: r.text(1), event: r.text(2), owner: r.oid(3), schema: r.oid(4), fnSchema: r.text(5),
		fn: r.text(6), enabled: r.char(7), comment: r.text(9)}
	decode(r.values[8], &e.tags)
	w.eventTriggers = append(w.eventTriggers, e)
}

func (w *raw) takeDependency(r row) {
	class := func(i int) string { return strings.TrimPrefix(r.text(i), "pg_catalog.") }
	d := Dependency{On: ObjectOf(class(0), r.text(1)), Column: r.text(2), Array: r.flag(3), By: ObjectOf(class(4), r.text(5)),
		Kind: r.text(7), Part: r.text(8), What: r.text(9), Drop: r.text(10)}
	if !r.null(6) {
		d.In = ObjectOf("pg_class", r.text(6))
	}
	var restore []*string
	decode(r.values[11], &restore)
	for _, sql := range restore {
		if sql != nil {
			d.Restore = append(d.Restore, *sql)
		}
	}
	w.dependencies = append(w.dependencies, d)
}

// ruleText is what a rule says, taken out of what pg_get_ruledef prints.
type ruleText struct {
	where    string
	commands []string
}

func ruleDef(def string) ruleText {
	var t ruleText
	do := findAny(def, " DO ")
	if do < 0 {
		do = findAny(def, " DO\n") // so it prints NOTIFY
	}
	if do < 0 {
		return t
	}
	head, tail := def[:do], def[do+len(" DO "):]
	if at := findAny(head, " WHERE "); at >= 0 {
		t.where = strings.TrimSpace(head[at+len(" WHERE "):])
	}
	tail = sqltext.TrimQuery(strings.TrimPrefix(tail, "INSTEAD "))
	if tail == "NOTHING" {
		return t
	}
	if strings.HasPrefix(tail, "(") && closing(tail, 0) == len(tail)-1 {
		tail = tail[1 : len(tail)-1]
	}
	start := 0
	add := func(end int) {
		if c := sqltext.TrimQuery(tail[start:end]); c != "" {
			t.commands = append(t.commands, c)
		}
	}
	for i := 0; i < len(tail); {
		if tail[i] == ';' {
			add(i)
			start = i + 1
		}
		if i = skip(tail, i); i < 0 {
			break
		}
	}
	add(len(tail))
	return t
}

// findAny is find for a word that may have a line's end instead of a space in front.
func findAny(s, word string) int {
	best := -1
	for _, w := range []string{word, "\n" + word[1:]} {
		if at := find(s, w); at >= 0 && (best < 0 || at < best) {
			best = at
		}
	}
	return best
}
