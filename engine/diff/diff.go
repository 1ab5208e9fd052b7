package diff

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Input is one thing three times. Last is null if the ledger does not know the
// thing. All are in the shape of the kind's table.
type Input struct {
	Kind   *resource.Kind
	Last   resource.Value
	Want   resource.Value
	Live   resource.Value
	Ignore []resource.Ignore // what is not compared
	// Same says that the files are as they were when Last was applied, so that
	// whatever differs moved by itself.
	Same bool
}

// Compare lists the changes that lead from live to desired, in the order of
// the kind's table; within maps, entries that stay or come in desired order,
// then those that go, by name.
func Compare(in Input) []resource.Change {
	changes, _ := Split(in)
	return changes
}

// Split is Compare with the differences that are ignored, each with the reason.
func Split(in Input) (changes []resource.Change, ignored []resource.Ignored) {
	d := differ{ignore: in.Ignore, known: !in.Last.IsNull(), same: in.Same}
	d.attrs(nil, in.Kind.Attrs, rule{}, in.Last, in.Want, in.Live)
	return d.changes, d.ignored
}

// rule is what a path inherits from the rows above it.
type rule struct {
	attr      resource.Attr
	replaces  bool
	sensitive bool
}

func (r rule) under(a resource.Attr) rule {
	return rule{attr: a, replaces: r.replaces || a.Immutable, sensitive: r.sensitive || a.Sensitive}
}

type differ struct {
	ignore  []resource.Ignore
	known   bool // the ledger knows the thing
	same    bool // the files are as they were
	changes []resource.Change
	ignored []resource.Ignored
}

func (d *differ) attrs(path resource.Path, rows []resource.Attr, r rule, last, want, live resource.Value) {
	for _, a := range rows {
		if a.Computed || a.CreateOnly {
			continue
		}
		p := append(slices.Clone(path), a.Name)
		w := want.Get(a.Name)
		if w.IsNull() && a.Unset == resource.Unmanaged && last.Get(a.Name).IsNull() {
			continue
		}
		if w.IsNull() && a.Unset == resource.Unmanaged {
			// It was written once and is no longer: from now on it is left alone.
			continue
		}
		d.value(p, a.Type, r.under(a), last.Get(a.Name), w, live.Get(a.Name))
	}
}

func (d *differ) value(path resource.Path, t resource.Type, r rule, last, want, live resource.Value) {
	if equal(t, want, live) {
		return
	}
	if len(d.ignore) > 0 {
		at := path.String()
		if i := slices.IndexFunc(d.ignore, func(x resource.Ignore) bool { return x.Path == at }); i >= 0 {
			x := d.ignore[i]
			d.ignored = append(d.ignored, resource.Ignored{Change: d.change(path, r, last, want, live), Reason: x.Reason, At: x.At})
			return
		}
	}
	if t.Kind == resource.TOneOf {
		t = choose(t, want, live)
	}
	both := !want.IsNull() && !live.IsNull()
	switch {
	case t.Kind == resource.TObject && both && isObject(want) && isObject(live):
		d.attrs(path, t.Attrs, r, last, want, live)
	case t.Kind == resource.TMap && isObject(want) && isObject(live):
		d.entries(path, t, r, last, want, live)
	case t.Kind == resource.TMap && (isObject(want) && live.IsNull() || isObject(live) && want.IsNull()):
		d.entries(path, t, r, last, want, live)
	default:
		d.add(path, r, last, want, live)
	}
}

// entries compares two maps by name, so that each entry is a change of its
// own.
func (d *differ) entries(path resource.Path, t resource.Type, r rule, last, want, live resource.Value) {
	was, have, lives := index(last), index(want), index(live)
	for _, f := range want.Fields() {
		d.value(append(slices.Clone(path), f.Name), *t.Elem, r, was[f.Name], f.Value, lives[f.Name])
	}
	var gone []string
	for _, f := range live.Fields() {
		if _, ok := have[f.Name]; !ok && !f.Value.IsNull() {
			gone = append(gone, f.Name)
		}
	}
	slices.Sort(gone)
	for _, name := range gone {
		d.value(append(slices.Clone(path), name), *t.Elem, r, was[name], resource.Null(), lives[name])
	}
}

func index(v resource.Value) map[string]resource.Value {
	m := make(map[string]resource.Value, len(v.Fields()))
	for _, f := range v.Fields() {
		m[f.Name] = f.Value
	}
	return m
}

func (d *differ) add(path resource.Path, r rule, last, want, live resource.Value) {
	d.changes = append(d.changes, d.change(path, r, last, want, live))
}

func (d *differ) change(path resource.Path, r rule, last, want, live resource.Value) resource.Change {
	return resource.Change{
		Path: path, Last: last, Desired: want, Live: live,
		Cause:     d.cause(last, want, live),
		Replaces:  r.replaces,
		Sensitive: r.sensitive || want.Sensitive(),
		Destroys:  r.attr.Data && want.IsNull(),
		Reason:    r.attr.Reason,
		At:        want.Range(),
	}
}

// cause compares who left the last applied value. Without a ledger nothing is
// known of the past, and the files are what one can point at.
func (d *differ) cause(last, want, live resource.Value) resource.Cause {
	if d.same {
		return resource.CauseDrift
	}
	if !d.known {
		return resource.CauseConfig
	}
	switch {
	case want.Equal(last):
		return resource.CauseDrift
	case live.Equal(last):
		return resource.CauseConfig
	default:
		return resource.CauseBoth
	}
}

func isObject(v resource.Value) bool { return v.Kind() == resource.KindObject }

// choose picks the alternative of a OneOf that fits the values' shape.
func choose(t resource.Type, want, live resource.Value) resource.Type {
	v := want
	if v.IsNull() {
		v = live
	}
	for _, a := range t.Any {
		switch a.Kind {
		case resource.TObject, resource.TMap:
			if isObject(v) {
				return a
			}
		case resource.TList:
			if v.Kind() == resource.KindList {
				return a
			}
		case resource.TRef:
			if v.Kind() == resource.KindRef {
				return a
			}
		default:
			if v.Kind() == resource.KindString || v.Kind() == resource.KindTemplate {
				return a
			}
		}
	}
	return resource.Type{Kind: resource.TString}
}

// equal compares two values as their type says: sets and keyed lists without
// order, an empty list or map like an absent one.
func equal(t resource.Type, a, b resource.Value) bool {
	if empty(a) && empty(b) {
		return true
	}
	if t.Kind == resource.TOneOf {
		t = choose(t, a, b)
	}
	if t.Kind == resource.TList && (t.Set || t.Key != "") && a.Kind() == resource.KindList && b.Kind() == resource.KindList {
		return slices.EqualFunc(sorted(t, a), sorted(t, b), func(x, y resource.Value) bool { return equal(*t.Elem, x, y) })
	}
	return a.Equal(b)
}

func empty(v resource.Value) bool {
	switch v.Kind() {
	case resource.KindNull:
		return true
	case resource.KindList:
		return len(v.Items()) == 0
	case resource.KindObject:
		return !slices.ContainsFunc(v.Fields(), func(f resource.Field) bool { return !empty(f.Value) })
	default:
		return false
	}
}

func sorted(t resource.Type, v resource.Value) []resource.Value {
	items := slices.Clone(v.Items())
	key := func(x resource.Value) string {
		if t.Key != "" {
			return x.Get(t.Key).Str()
		}
		return x.Show()
	}
	slices.SortStableFunc(items, func(x, y resource.Value) int { return strings.Compare(key(x), key(y)) })
	return items
}
