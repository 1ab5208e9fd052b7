package postgres

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
)

// grantsImport writes as blocks what the grantees of one schema, or of the database, have by one grantor.
type grantsImport struct {
	*declarer
	schema, grantor string
	targets         map[string][]catalog.ObjectFact
	creators        []string // whose future things a block is about that does not say for
	makers          []string // who has default privileges
	out             []*resource.Resource
	saysTypes       bool // something is said of the types of the schema, so that everyone's rights on them are told too
}

// draft is a grants block in the making: privileges by kind of object, of those that are in on, or of all if it is nil.
type draft struct {
	suffix  string
	given   map[string][]string // by kind; an empty list is written too
	columns resource.Value
	on      []resource.Value
	makers  []string
}

func newDraft(suffix string) *draft { return &draft{suffix: suffix, given: map[string][]string{}} }

// inSchemas are the kinds of objects that are in a schema.
var inSchemas = []string{onTables, onSequences, onFunctions, onTypes}

func importGrants(d *declarer, l *resource.Live) []*resource.Resource {
	g := &grantsImport{declarer: d, schema: l.Attrs.Get("schema").Str(), grantor: l.Attrs.Get("grantor").Str(), makers: l.Attrs.Get("for").StringList()}
	for _, what := range l.Attrs.Get("unsaid").StringList() {
		d.ds.Warnf(nil, "a privilege is not imported", "", "no grants block can say it, in %s: %s", cmp.Or(g.schema, "the database"), what)
	}
	me := d.deployer()
	g.creators = []string{me}
	if g.schema != "" {
		f := d.facts.Schemas[g.schema]
		g.targets = liveTargets(f)
		if g.isDeclared() {
			g.creators = d.creators(g.schema)
		} else if f.Owner != me && d.canBecome(f.Owner) {
			g.creators = append(g.creators, f.Owner)
		}
	}
	holdings := d.liveHoldings(l.Address)
	if holdings[catalog.Public] == nil {
		holdings[catalog.Public] = holding{}
	}
	for name, h := range holdings {
		g.saysTypes = g.saysTypes || name != catalog.Public && len(h[onTypes])+len(h["default_"+onTypes]) > 0
	}
	var drafts [][]*draft
	var to [][]string
	for _, name := range sortedKeys(holdings) {
		if g.isOthers(name) {
			continue
		}
		of := g.inSchema
		if g.schema == "" {
			of = g.ofDatabase
		}
		ds := of(name, holdings[name])
		same := slices.IndexFunc(drafts, func(other []*draft) bool { return name != catalog.Public && g.show(other) == g.show(ds) })
		if same >= 0 && to[same][0] != catalog.Public {
			to[same] = append(to[same], name)
			continue
		}
		drafts, to = append(drafts, ds), append(to, []string{name})
	}
	for i, ds := range drafts {
		for _, one := range ds {
			g.write(one, to[i])
		}
	}
	g.close()
	return g.out
}

// isDeclared tells whether a schema block has the schema already.
func (g *grantsImport) isDeclared() bool {
	_, declared := g.index.desired[g.names[calling{"schema", g.schema}]]
	return declared
}

// isOthers tells whether a block that is declared already says what a grantee has.
func (g *grantsImport) isOthers(name string) bool {
	return slices.ContainsFunc(g.index.grants, func(r *resource.Resource) bool {
		b := g.block(r.Attrs, resource.Null())
		return b.schema == g.schema && b.grantor == g.grantor && b.names(name)
	})
}

// show is what tells lists of drafts apart.
func (g *grantsImport) show(ds []*draft) string {
	var b strings.Builder
	for _, d := range ds {
		b.WriteString(d.suffix + " " + g.attrs(d, nil).Show() + "\n")
	}
	return b.String()
}

// ofDatabase drafts blocks about the database. Everyone's built-in rights are written only where some of them are gone.
func (g *grantsImport) ofDatabase(name string, h holding) []*draft {
	base := newDraft("")
	out := []*draft{base}
	privs := h[onDatabase][""]
	if name == catalog.Public && !slices.Equal(privs, []string{"CONNECT", "TEMPORARY"}) || name != catalog.Public && len(privs) > 0 {
		base.given[onDatabase] = privs
	}
	written := map[string]bool{}
	kinds := append([]string{"schemas"}, inSchemas...)
	for _, kind := range kinds {
		for _, maker := range g.makers {
			had := h["default_"+kind][maker]
			written[kind] = written[kind] || maker != name && !slices.Equal(had, builtin(name, kind))
		}
	}
	for _, group := range g.groups(name, h, kinds) {
		d := base
		if !slices.Equal(group, g.creators) {
			d = newDraft("of_" + catalog.LabelOf(group[0]))
			d.makers = group
			out = append(out, d)
		}
		for _, kind := range kinds {
			if privs := h["default_"+kind][group[0]]; written[kind] && (len(privs) > 0 || name == catalog.Public) {
				as := kind
				if kind == "schemas" {
					as = onSchema
				}
				d.given[as] = privs
			}
		}
	}
	return slices.DeleteFunc(out, func(d *draft) bool { return len(d.given) == 0 })
}

// groups puts makers together by whose things to come a grantee has the same privileges on.
func (g *grantsImport) groups(name string, h holding, kinds []string) [][]string {
	var out [][]string
	bySign := map[string]int{}
	for _, maker := range g.makers {
		if maker == name {
			continue
		}
		var sign strings.Builder
		for _, kind := range kinds {
			fmt.Fprintf(&sign, "%q", h["default_"+kind][maker])
		}
		i, known := bySign[sign.String()]
		if !known {
			i = len(out)
			bySign[sign.String()] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], maker)
	}
	return out
}

// inSchema drafts blocks about a schema.
func (g *grantsImport) inSchema(name string, h holding) []*draft {
	base := newDraft("")
	out := []*draft{base}
	all := name == catalog.Public
	if privs := h[onSchema][""]; len(privs) > 0 {
		base.given[onSchema] = privs
	}
	if all {
		g.ofEveryone(base, h)
	}
	covered := map[string][]string{}
	mine := slices.DeleteFunc(slices.Sorted(slices.Values(g.creators)), func(c string) bool { return c == name })
	for _, group := range g.groups(name, h, inSchemas) {
		now, later := base, newDraft("later")
		if !slices.Equal(group, mine) {
			now, later = newDraft("of_"+catalog.LabelOf(group[0])), newDraft("later_of_"+catalog.LabelOf(group[0]))
			now.makers, later.makers = group, group
			out = append(out, now)
		}
		later.on = []resource.Value{}
		out = append(out, later)
		for _, kind := range inSchemas {
			privs := h["default_"+kind][group[0]]
			if len(privs) == 0 {
				continue
			}
			if g.allHave(name, kind, h, privs) {
				now.given[kind] = privs
				covered[kind] = append(covered[kind], privs...)
			} else {
				later.given[kind] = privs
			}
		}
	}
	out = append(out, g.onSome(h, covered)...)
	base.columns = columnsOf(h[onColumns])
	empty := func(d *draft) bool { return len(d.given) == 0 && d.columns.IsNull() }
	out = slices.DeleteFunc(out, func(d *draft) bool { return d != base && empty(d) })
	// What is said of the schema and of columns goes into the next block, if it is all.
	if _, has := base.given[onSchema]; len(out) > 1 && (len(base.given) == 0 || has && len(base.given) == 1) {
		next := out[1]
		if has {
			next.given[onSchema] = base.given[onSchema]
		}
		next.columns, next.suffix = base.columns, ""
		out = out[1:]
	}
	return slices.DeleteFunc(out, empty)
}

// ofEveryone leaves out what everyone has by the server's defaults, unless these were changed or a block has to say
// something of it.
func (g *grantsImport) ofEveryone(base *draft, h holding) {
	for _, kind := range []string{onFunctions, onTypes} {
		global, said := g.facts.GlobalDefaults[kind]
		usual := !said || slices.Equal(global[catalog.Public], builtin(catalog.Public, kind))
		some, lacks := len(h["default_"+kind]) > 0, false
		for _, t := range g.targets[kind] {
			has := slices.Equal(h[kind][t.Name], builtin(catalog.Public, kind))
			some, lacks = some || len(h[kind][t.Name]) > 0, lacks || !has
		}
		switch {
		case g.grantor != "":
		case !lacks && usual && len(h["default_"+kind]) == 0 && (!g.exclusive || kind == onTypes && !g.saysTypes):
			delete(h, kind)
		case !some && lacks:
			base.given[kind] = nil
		}
	}
	if g.schema != "public" || g.grantor != "" {
		return
	}
	_, has := base.given[onSchema]
	if !has {
		base.given[onSchema] = nil
	}
	said := len(base.given) > 1 || len(h[onTables])+len(h[onSequences])+len(h[onFunctions])+len(h[onTypes])+len(h[onColumns]) > 0
	for _, kind := range inSchemas {
		said = said || len(h["default_"+kind]) > 0
	}
	if !said && slices.Equal(base.given[onSchema], []string{"USAGE"}) {
		delete(base.given, onSchema)
	}
}

// allHave tells whether a grantee has some privileges on all things of a kind that are not its own.
func (g *grantsImport) allHave(name, kind string, h holding, privs []string) bool {
	return !slices.ContainsFunc(g.targets[kind], func(t catalog.ObjectFact) bool {
		return t.Owner != name && len(without(privs, h[kind][t.Name])) > 0
	})
}

// onSome drafts a block for each set of privileges that some things have beyond what all of them have.
func (g *grantsImport) onSome(h holding, covered map[string][]string) []*draft {
	var out []*draft
	for _, kind := range inSchemas {
		bySet := map[string]*draft{}
		var of []*draft
		var names []string
		for _, t := range g.targets[kind] {
			rest := without(h[kind][t.Name], covered[kind])
			if len(rest) == 0 {
				continue
			}
			set := strings.Join(rest, ",")
			d := bySet[set]
			if d == nil {
				d = newDraft(kind)
				d.given[kind] = rest
				bySet[set] = d
				of, names = append(of, d), append(names, t.Name)
			}
			d.on = append(d.on, g.object(kind, t))
		}
		for i, d := range of {
			if len(d.on) == 1 {
				bare := withoutTypes(names[i])
				d.suffix = catalog.LabelOf(bare)
			}
		}
		out = append(out, of...)
	}
	return out
}

// object refers to a thing, or names it.
func (g *grantsImport) object(kind string, t catalog.ObjectFact) resource.Value {
	of := map[string]string{onTables: "table", onSequences: "sequence", onFunctions: "function", onTypes: "enum"}[kind]
	if t.Kind == "" {
		name := t.Name
		if kind == onFunctions {
			name = withoutTypes(name)
		}
		if a := g.names[calling{of, place{g.schema, name}.String()}]; !a.IsZero() {
			return resource.Ref(a)
		}
	}
	return resource.String(t.Name)
}

// columnsOf writes privileges on columns by table and privilege.
func columnsOf(held map[string][]string) resource.Value {
	byTable := map[string]map[string][]string{}
	for _, key := range sortedKeys(held) {
		table, column := splitColumnKey(key)
		if byTable[table] == nil {
			byTable[table] = map[string][]string{}
		}
		for _, w := range words(onColumns, held[key], 0) {
			byTable[table][w] = append(byTable[table][w], column)
		}
	}
	var o object
	for _, table := range sortedKeys(byTable) {
		var of object
		for _, w := range sortedKeys(byTable[table]) {
			of.texts(w, byTable[table][w], resource.Value{})
		}
		o.value(table, of.done(), resource.Value{})
	}
	if len(byTable) == 0 {
		return resource.Null()
	}
	return o.done()
}

// words writes privileges as people do: in their order, and ALL where they are all that there are.
func words(kind string, privs []string, version int) []string {
	all := slices.Clone(allPrivileges[kind])
	if kind == onTables {
		all = append(all, maintain)
	}
	var out []string
	options := 0
	for _, p := range all {
		switch {
		case slices.Contains(privs, p+catalog.GrantOption):
			options++
			out = append(out, p+catalog.GrantOption)
		case slices.Contains(privs, p):
			out = append(out, p)
		}
	}
	count := len(allPrivileges[kind])
	if kind == onTables && version >= maintainVersion {
		count++
	}
	if len(out) != count || count == 1 || kind == onColumns || options > 0 && options < count {
		return out
	}
	if options > 0 {
		return []string{"ALL" + catalog.GrantOption}
	}
	return []string{"ALL"}
}
