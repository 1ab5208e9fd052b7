package postgres

import (
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// trigger is a trigger as written, or as it is.
type trigger struct {
	table             place
	name              string
	timing            string
	events            []string
	row               bool
	when              string
	function          place
	arguments         []string
	constraint        bool
	from              place // the other table of a constraint trigger
	deferrable        bool
	initiallyDeferred bool
	oldTable          string
	newTable          string
	enabled           string // "" is origin
	comment           string
}

func decodeTrigger(x *index, name string, attrs resource.Value) *trigger {
	t := &trigger{
		table: x.placeOf(attrs.Get("table"), ""), name: name, timing: attrs.Get("timing").Str(),
		row: attrs.Get("level").Str() == "ROW", when: attrs.Get("when").Str(), function: x.placeOf(attrs.Get("function"), ""),
		arguments: attrs.Get("arguments").StringList(), constraint: attrs.Get("constraint").Bool(),
		initiallyDeferred: attrs.Get("initially_deferred").Bool(),
		oldTable:          attrs.Get("old_table").Str(), newTable: attrs.Get("new_table").Str(),
		comment: attrs.Get("comment").Str(),
	}
	t.deferrable = t.initiallyDeferred || attrs.Get("deferrable").Bool()
	if w := attrs.Get("from"); !w.IsNull() {
		t.from = x.placeOf(w, t.table.schema)
	}
	if t.function.schema == "" {
		t.function.schema = t.table.schema
	}
	if e := attrs.Get("enabled").Str(); e != "origin" {
		t.enabled = e
	}
	for _, e := range attrs.Get("events").StringList() {
		t.events = append(t.events, canonicalEvent(e))
	}
	return t
}

// canonicalEvent writes an event as the catalog's reader does: words large, columns as identifiers.
func canonicalEvent(s string) string {
	word, columns := splitEvent(s)
	if len(columns) == 0 {
		return word
	}
	return word + " OF " + sqltext.Idents(columns)
}

// splitEvent takes "UPDATE OF a, b" apart.
func splitEvent(s string) (word string, columns []string) {
	s = strings.TrimSpace(s)
	if i := indexWord(s, "OF"); i >= 0 {
		return strings.ToUpper(strings.TrimSpace(s[:i])), splitColumns(s[i+len("OF"):])
	}
	return strings.ToUpper(s), nil
}

func (t *trigger) sites(a resource.Address, have *trigger) []site {
	if t.when == "" {
		return nil
	}
	live := ""
	if have != nil {
		live = have.when
	}
	e := catalog.Expr{Kind: catalog.When, Name: t.name, Text: t.when}
	return []site{{of: a, expr: e, text: &t.when, live: live}}
}

func normalizeTrigger(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	t := decodeTrigger(n.index, r.Name(), w)
	var have *trigger
	if live := n.live[r.Address]; live != nil {
		have = decodeTrigger(n.index, t.name, live.Attrs)
	}
	n.canonical(r.Address, t.sites(r.Address, have))
	var o object
	o.text("table", t.table.String(), w.Get("table"))
	o.text("name", t.name, w.Get("name"))
	o.text("timing", t.timing, w.Get("timing"))
	o.texts("events", t.events, w.Get("events"))
	if t.row {
		o.text("level", "ROW", w.Get("level"))
	}
	o.text("when", t.when, w.Get("when"))
	o.text("function", t.function.String(), w.Get("function"))
	o.texts("arguments", t.arguments, w.Get("arguments"))
	o.flag("constraint", t.constraint, w.Get("constraint"))
	if t.from.name != "" {
		o.text("from", t.from.String(), w.Get("from"))
	}
	o.flag("deferrable", t.deferrable, w.Get("deferrable"))
	o.flag("initially_deferred", t.initiallyDeferred, w.Get("initially_deferred"))
	o.text("old_table", t.oldTable, w.Get("old_table"))
	o.text("new_table", t.newTable, w.Get("new_table"))
	o.text("enabled", t.enabled, w.Get("enabled"))
	o.text("comment", t.comment, w.Get("comment"))
	return o.done()
}
