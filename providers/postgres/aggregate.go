package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// aggregate is an aggregate function as written, or as it is.
type aggregate struct {
	place
	arguments, orderBy []argument
	ordered            bool // there is an ORDER BY
	// typed are state_type and moving_state_type, and whether a file declares them.
	typed    [2]string
	declared [2]bool
	attrs    resource.Value
	index    *index
	comment  string
}

func decodeAggregate(x *index, p place, attrs resource.Value) *aggregate {
	a := &aggregate{
		place: p, arguments: x.arguments(attrs.Get("arguments")), orderBy: x.arguments(attrs.Get("order_by")),
		attrs: attrs, index: x, comment: attrs.Get("comment").Str(),
	}
	a.ordered = len(a.orderBy) > 0
	for i, attr := range stateTypes {
		a.typed[i], a.declared[i] = x.typeText(attrs.Get(attr))
	}
	return a
}

var stateTypes = [2]string{"state_type", "moving_state_type"}

// allArguments are those of an ordered-set aggregate in the catalog's order: one VARIADIC may stand for both lists.
func allArguments(direct, ordered []argument) []argument {
	if n := len(direct); n > 0 && len(ordered) == 1 && direct[n-1].mode == "VARIADIC" && ordered[0].mode == "VARIADIC" {
		return direct
	}
	return append(slices.Clone(direct), ordered...)
}

// signature names the aggregate among its overloads, as statements do.
func (a *aggregate) signature() string {
	list := func(args []argument) string {
		out := make([]string, len(args))
		for i, arg := range args {
			if arg.mode != "" {
				out[i] = arg.mode + " "
			}
			out[i] += arg.typ
		}
		return strings.Join(out, ", ")
	}
	return a.place.String() + "(" + a.inside(list) + ")"
}

func (a *aggregate) inside(list func([]argument) string) string {
	switch {
	case a.ordered && len(a.arguments) == 0:
		return "ORDER BY " + list(a.orderBy)
	case a.ordered:
		return list(a.arguments) + " ORDER BY " + list(a.orderBy)
	case len(a.arguments) == 0:
		return "*"
	default:
		return list(a.arguments)
	}
}

// aggregateOptions are the attributes that are options of the statement, in its order.
var aggregateOptions = []struct{ attr, word string }{
	{"state_function", "SFUNC"}, {"state_type", "STYPE"}, {"state_space", "SSPACE"},
	{"final_function", "FINALFUNC"}, {"final_extra", "FINALFUNC_EXTRA"}, {"final_modify", "FINALFUNC_MODIFY"},
	{"combine_function", "COMBINEFUNC"}, {"serial_function", "SERIALFUNC"}, {"deserial_function", "DESERIALFUNC"}, {"initial", "INITCOND"},
	{"moving_state_function", "MSFUNC"}, {"moving_inverse_function", "MINVFUNC"}, {"moving_state_type", "MSTYPE"}, {"moving_state_space", "MSSPACE"},
	{"moving_final_function", "MFINALFUNC"}, {"moving_final_extra", "MFINALFUNC_EXTRA"}, {"moving_final_modify", "MFINALFUNC_MODIFY"},
	{"moving_initial", "MINITCOND"}, {"sort_operator", "SORTOP"}, {"parallel", "PARALLEL"}, {"hypothetical", "HYPOTHETICAL"},
}

// value gives an option canonically; null if it is what is meant anyway. Types are as the aggregate has them.
func (a *aggregate) value(attr string) resource.Value {
	v := a.attrs.Get(attr)
	switch {
	case attr == stateTypes[0] || attr == stateTypes[1]:
		if text := a.typed[slices.Index(stateTypes[:], attr)]; text != "" {
			return resource.String(text)
		}
		return resource.Value{}
	case v.IsNull() || v.Kind() == resource.KindBool && !v.Bool():
		return resource.Value{}
	case strings.HasSuffix(attr, "_function"):
		return resource.String(a.index.functionName(v))
	case attr == "parallel" && v.Str() == "unsafe", strings.HasSuffix(attr, "_space") && v.Str() == "0",
		strings.HasSuffix(attr, "_modify") && v.Str() == map[bool]string{false: "read_only", true: "read_write"}[a.ordered]:
		return resource.Value{}
	case attr == "sort_operator":
		return resource.String(strings.TrimPrefix(v.Str(), "pg_catalog."))
	case strings.HasSuffix(attr, "_space"):
		return resource.Number(v.Str())
	default:
		return v
	}
}

// create writes the whole statement.
func (a *aggregate) create(verb string) string {
	list := func(args []argument) string {
		out := make([]string, len(args))
		for i, arg := range args {
			out[i] = arg.String()
		}
		return strings.Join(out, ", ")
	}
	var options []string
	for _, o := range aggregateOptions {
		v := a.value(o.attr)
		text := v.Str()
		switch {
		case v.IsNull():
			continue
		case v.Kind() == resource.KindBool:
			options = append(options, o.word)
			continue
		case strings.HasSuffix(o.attr, "initial"):
			text = sqltext.Literal(text)
		case o.attr == "sort_operator":
			if !strings.Contains(text, ".") {
				text = "pg_catalog." + text
			}
			text = "OPERATOR(" + text + ")"
		case strings.HasSuffix(o.attr, "_modify"), o.attr == "parallel":
			text = strings.ToUpper(text)
		}
		options = append(options, o.word+" = "+text)
	}
	return verb + " AGGREGATE " + a.place.String() + "(" + a.inside(list) + ") (\n" + indent(options) + "\n)"
}

func (a *aggregate) sites(of resource.Address, have *aggregate) []site {
	var out []site
	if have == nil {
		have = &aggregate{}
	}
	n := 0
	add := func(text *string, live string, declared bool) {
		static, ok := staticBareType(*text)
		if declared {
			static, ok = *text, true
		}
		if *text != "" {
			out = append(out, site{of: of, expr: catalog.Expr{Kind: catalog.RegType, N: n, Text: *text}, text: text, live: live, static: static, isStatic: ok})
		}
		n++
	}
	for _, l := range []struct{ want, have []argument }{{a.arguments, have.arguments}, {a.orderBy, have.orderBy}} {
		for i := range l.want {
			live := ""
			if i < len(l.have) {
				live = l.have[i].typ
			}
			add(&l.want[i].typ, live, l.want[i].declared)
		}
	}
	for i := range a.typed {
		add(&a.typed[i], have.typed[i], a.declared[i])
	}
	return out
}

func askAggregate(a *asker, r *resource.Resource) {
	for _, s := range decodeAggregate(a.index, a.index.places[r.Address], r.Attrs).sites(r.Address, nil) {
		if !s.isStatic {
			a.ask.Exprs = append(a.ask.Exprs, s.asked())
		}
	}
}

func normalizeAggregate(n *normalizer, r *resource.Resource) resource.Value {
	w := r.Attrs
	a := decodeAggregate(n.index, n.place(r), w)
	var have *aggregate
	if live := n.live[r.Address]; live != nil {
		have = decodeAggregate(n.index, a.place, live.Attrs)
	}
	n.canonical(r.Address, a.sites(r.Address, have))
	var o object
	o.text("schema", a.schema, w.Get("schema"))
	o.text("name", a.name, w.Get("name"))
	for _, l := range []struct {
		attr string
		args []argument
	}{{"arguments", a.arguments}, {"order_by", a.orderBy}} {
		texts := make([]string, len(l.args))
		for i, arg := range l.args {
			texts[i] = arg.String()
		}
		o.texts(l.attr, texts, w.Get(l.attr))
	}
	for _, opt := range aggregateOptions {
		o.value(opt.attr, a.value(opt.attr), w.Get(opt.attr))
	}
	o.text("comment", a.comment, w.Get("comment"))
	n.owner(&o, r)
	return o.done()
}

func aggregateSteps(p *planner, d *resource.Delta) {
	switch d.Action {
	case resource.Create:
		a := decodeAggregate(p.index, p.wanted(d), d.Desired.Attrs)
		s := p.step(d, nil, resource.Create, "create aggregate "+a.name)
		run(s, a.create("CREATE"))
		p.finishAggregate(d, s, a)
		undo(s, "DROP AGGREGATE "+a.signature())
		p.mayCreate(s, a.schema)
	case resource.Delete:
		a := decodeAggregate(p.index, livePlace(d.Live), d.Live.Attrs)
		s := p.step(d, nil, resource.Delete, "drop aggregate "+a.name)
		run(s, "DROP AGGREGATE "+a.signature())
		undoing(s, func(back *resource.Step) {
			run(back, a.create("CREATE"))
			p.asBefore(d, back, "AGGREGATE "+a.signature())
		})
	default:
		p.alterAggregate(d)
	}
}

func (p *planner) finishAggregate(d *resource.Delta, s *resource.Step, a *aggregate) {
	if a.comment != "" {
		run(s, commentOn("AGGREGATE "+a.signature(), a.comment))
	}
	p.owner(d, s, "AGGREGATE "+a.signature())
}

func (p *planner) alterAggregate(d *resource.Delta) {
	want, have := decodeAggregate(p.index, p.wanted(d), d.Desired.Attrs), decodeAggregate(p.index, livePlace(d.Live), d.Live.Attrs)
	if changed(d, "name") && want.schema == have.schema {
		s := p.step(d, resource.Path{"name"}, resource.Update, "rename aggregate "+have.name+" to "+want.name)
		run(s, "ALTER AGGREGATE "+have.signature()+" RENAME TO "+sqltext.Ident(want.name))
		from := have.name
		have.name = want.name
		undo(s, "ALTER AGGREGATE "+have.signature()+" RENAME TO "+sqltext.Ident(from))
	}
	inPlace := []string{"name", "comment", "owner"}
	if !slices.ContainsFunc(d.Changes, func(c resource.Change) bool { return !slices.Contains(inPlace, c.Path[0]) }) {
		p.simple(d, "AGGREGATE "+want.signature())
		return
	}
	if p.aggregateStays(d) {
		s := p.step(d, nil, resource.Update, "replace aggregate "+want.name)
		run(s, want.create("CREATE OR REPLACE"))
		undo(s, have.create("CREATE OR REPLACE"))
		if changed(d, "comment") {
			run(s, commentOn("AGGREGATE "+want.signature(), want.comment))
			undo(s, commentOn("AGGREGATE "+have.signature(), have.comment))
		}
		if changed(d, "owner") {
			p.owner(d, s, "AGGREGATE "+want.signature())
		}
		return
	}
	s := p.step(d, nil, resource.Replace, "replace aggregate "+want.name)
	s.Reason = "Postgres cannot change an aggregate's arguments or result in place"
	p.aroundPlain(d, s, s, routineRemake{"AGGREGATE " + want.signature(), "AGGREGATE " + have.signature(), have.create("CREATE")}, func() {
		run(s, "DROP AGGREGATE "+have.signature())
		run(s, want.create("CREATE"))
		p.finishAggregate(d, s, want)
	})
}

// aggregateStays tells whether CREATE OR REPLACE takes the change: what callers see stays as it is.
func (p *planner) aggregateStays(d *resource.Delta) bool {
	calls := []string{"schema", "arguments", "order_by", "hypothetical", "state_type", "final_function"}
	return !slices.ContainsFunc(calls, func(a string) bool { return changed(d, a) })
}

func checkAggregate(r *resource.Resource) resource.Diagnostics {
	c := &checker{r: r}
	c.label("aggregate")
	c.arguments("arguments")
	c.arguments("order_by")
	w := r.Attrs
	c.expression("the type of the state", w.Get("state_type"))
	c.expression("the type of the state", w.Get("moving_state_type"))
	if w.Get("hypothetical").Bool() && len(w.Get("order_by").Items()) == 0 {
		c.errorf(w.Get("hypothetical").Range(), fmt.Sprintf("%s is hypothetical, but has no order_by", r.Address), "write order_by, or take hypothetical out", "it asks where a row would stand in an order")
	}
	if op := w.Get("sort_operator").Str(); op != "" {
		_, name, dotted := strings.Cut(op, ".")
		if !dotted {
			name = op
		}
		if strings.Trim(name, "+-*/<>=~!@#%^&|`?") != "" {
			c.errorf(w.Get("sort_operator").Range(), fmt.Sprintf("%q is not an operator", op), `write an operator, such as "<" or "schema.<"`, "its name is made of + - * / < > = ~ ! @ # %% ^ & | ` ?")
		}
	}
	moving := 0
	for _, attr := range []string{"moving_state_function", "moving_inverse_function", "moving_state_type"} {
		if !w.Get(attr).IsNull() {
			moving++
		}
	}
	if moving != 0 && moving != 3 {
		c.errorf(r.Range, fmt.Sprintf("%s has some of moving_state_function, moving_inverse_function and moving_state_type", r.Address), "write all three, or none", "a moving window needs them all")
	}
	return c.ds
}
