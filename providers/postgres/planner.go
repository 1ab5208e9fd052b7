package postgres

import (
	"fmt"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/catalog"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// planner turns the differences of one database into steps.
type planner struct {
	*view
	req   resource.StepsRequest
	steps []*resource.Step
	ds    resource.Diagnostics

	deltas map[resource.Address]*resource.Delta
	// made and gone are the tables and the rest that this plan makes, or drops, by place.
	made, gone map[place]*resource.Delta
	// renamedSchemas are the steps that rename schemas, by the new names.
	renamedSchemas map[string]*resource.Step
	// renamedColumns are the new names of columns by the former, by where their tables are to stand.
	renamedColumns map[place]map[string]string
	// columnsRenamed are the former names of columns by the new ones, and swapped those that pass them round, by table.
	columnsRenamed map[resource.Address]map[string]string
	swapped        map[resource.Address][]string
	// goneAlong are the sequences that go with a table of this plan's drops.
	goneAlong map[place]bool
	// kept are the live things that some desired thing is, by kind and identity.
	kept map[string]bool
	// freed are the steps that give names free, and taking those that take some.
	freed  map[naming][]*release
	taking []taking
	// relocated are the steps that rename or move things, and put those by which settleNames calls things otherwise for a while.
	relocated    map[resource.Address]*resource.Step
	vacated      map[naming]bool                          // the names that live things have and the plan makes free
	anew         map[string]bool                          // see madeAnew
	along        map[resource.Address]bool                // what goes with the steps of others
	lastUses     []lastUse                                // what goes behind the last index on it
	remakings    map[resource.Address]map[string]remaking // columns that are made anew, by table
	stoodInstead map[resource.Address]*resource.Live      // what had the names of new things
	put          map[*release]*resource.Step
	asides       map[*resource.Step]bool // the steps that do so
	interim      map[naming]bool         // the names that things have for a while
	// unreferenced are the steps after which a foreign key to a table is gone, by that table.
	unreferenced map[place][]string
	// granted are the privileges that a step gives or takes, for blocks that want the same.
	granted map[string]bool
	// building are the steps that change a key of a table, which foreign keys that go must not refer to any more.
	building []building
	logging  []logging
	waitings []waiting
	// things are the live things that deltas are about, and hanging is what hangs on them and on others.
	things  map[catalog.Object]*resource.Delta
	hanging map[catalog.Object][]catalog.Dependency
	// successors are what gets the name of a thing of another kind that goes, by that one.
	successors map[resource.Address]*resource.Delta
	remade     chain // what goes and comes back around a change below it
	// keysDone and referring are the keys that are made in the Online stage, and the foreign keys that may need them.
	keysDone  []keyDone
	referring []referring
	unties    []untied
	counting  []counting // made when first asked for
	// displaced are the foreign keys that are gone for a while, by the place of their table and their name.
	displaced map[place]map[string]displacement
	changing  map[place]bool // tables that the plan touches; made when first asked for
	// leaving and entering are the steps that take partitions out of a table, and those that put them in, by that table.
	leaving, entering map[place][]*resource.Step
	// claimed are the indexes of partitions, and the foreign keys by table and name, that become part of what their parents get.
	claimed map[place]bool
	// plainDetach makes of the steps that take partitions out CONCURRENTLY those that do it in the transaction, by step.
	plainDetach map[string]func(*resource.Step)
	// finalizing are the steps that end a detaching that was stopped, which come before others of the same parent.
	finalizing      map[place][]*resource.Step
	goingPartitions []goingPartition
	attaching       map[place]bool // the checks of default partitions that the plan uses
	// relations are the names of relations that are known to be taken; made when first asked for.
	relations map[place]bool
	// liveNames are the names that things have now; made when first asked for.
	liveNames map[naming]bool
}

func newPlanner(v *view, req resource.StepsRequest) *planner {
	vacated := vacatedNames(v, req.Deltas)
	var stood map[resource.Address]*resource.Live
	req.Deltas, stood = letIn(v, req.Deltas, vacated)
	p := &planner{
		view: v, req: req, vacated: vacated, stoodInstead: stood, deltas: make(map[resource.Address]*resource.Delta, len(req.Deltas)),
		made: map[place]*resource.Delta{}, gone: map[place]*resource.Delta{}, goneAlong: map[place]bool{}, granted: map[string]bool{}, along: map[resource.Address]bool{}, remakings: map[resource.Address]map[string]remaking{},
		leaving: map[place][]*resource.Step{}, entering: map[place][]*resource.Step{},
		renamedSchemas: map[string]*resource.Step{}, renamedColumns: map[place]map[string]string{}, columnsRenamed: map[resource.Address]map[string]string{}, swapped: map[resource.Address][]string{}, kept: map[string]bool{},
		freed: map[naming][]*release{}, relocated: map[resource.Address]*resource.Step{}, put: map[*release]*resource.Step{}, interim: map[naming]bool{}, asides: map[*resource.Step]bool{},
		claimed: map[place]bool{}, plainDetach: map[string]func(*resource.Step){}, attaching: map[place]bool{}, finalizing: map[place][]*resource.Step{},
		things: map[catalog.Object]*resource.Delta{}, hanging: map[catalog.Object][]catalog.Dependency{},
		successors: map[resource.Address]*resource.Delta{}, unreferenced: map[place][]string{},
	}
	p.succeed()
	for _, d := range p.req.Deltas {
		p.deltas[d.Address] = d
		p.noteColumns(d)
		switch d.Action {
		case resource.Create:
			p.made[p.wanted(d)] = d
		case resource.Delete:
			p.gone[livePlace(d.Live)] = d
			p.noteAlong(d)
		}
		if d.Desired != nil && d.Live != nil && d.Live.Identity != "" {
			p.kept[d.Address.Kind+" "+d.Live.Identity] = true
		}
	}
	return p
}

// noteAlong notes the sequences of serial columns of a table that goes.
func (p *planner) noteAlong(d *resource.Delta) {
	if d.Address.Kind != "table" {
		return
	}
	at := livePlace(d.Live)
	for _, f := range d.Live.Attrs.Get("columns").Fields() {
		if isSerial(f.Value.Get("type").Str()) {
			p.goneAlong[place{at.schema, catalog.ObjectName(at.name, f.Name, "seq")}] = true
		}
	}
}

// wanted is where a desired thing is to stand.
func (p *planner) wanted(d *resource.Delta) place { return p.index.standsAt(d) }

func (x *index) standsAt(d *resource.Delta) place {
	if at, ok := x.places[d.Address]; ok {
		return at
	}
	return place{x.schemaOf(d.Desired.Attrs.Get("schema")), d.Desired.Name()}
}

func livePlace(l *resource.Live) place {
	return place{l.Attrs.Get("schema").Str(), l.Attrs.Get("name").Str()}
}

// plan makes the steps of all differences.
func (p *planner) plan() ([]*resource.Step, resource.Diagnostics) {
	p.findChain()
	p.displace()
	p.noteClaims()
	dropped := map[string]bool{}
	for _, d := range p.req.Deltas {
		spec, mine := specs[d.Address.Kind]
		if c := p.carried(d); c != d {
			p.deltas[d.Address] = c
			if d = c; len(d.Changes) == 0 && d.Address.Kind != "grants" && !p.inChain(d) && len(p.remade.parts[d.Address]) == 0 && !p.passesColumns(d) {
				continue
			}
		}
		switch {
		case !mine:
		case p.inChain(d):
			p.remake(d)
		case len(p.remade.parts[d.Address]) > 0:
			p.aroundParts(d, spec)
		case d.Action == resource.NoOp && d.Address.Kind != "grants" && d.Address.Kind != "role" && !p.displaces(d) && !p.passesColumns(d):
		case d.Live != nil && d.Live.Instead:
			p.refuse(d)
		case d.Action == resource.Delete && p.keptElsewhere(d, dropped):
		default:
			n := len(p.steps)
			spec.steps(p, d)
			p.noteNames(d, p.steps[n:])
		}
	}
	p.dropLeftAttach()
	p.noteCarried()
	p.takeAttached()
	p.suggestRenames()
	p.stage()
	p.oneTransaction()
	p.order()
	return p.steps, p.ds
}

// noteCarried marks what changes, or goes, with the steps of others alone.
func (p *planner) noteCarried() {
	carried := func(d *resource.Delta) bool {
		return p.along[d.Address] || d.Action == resource.Update && d.Live != nil
	}
	if !slices.ContainsFunc(p.req.Deltas, carried) {
		return
	}
	about := make(map[resource.Address]bool, len(p.steps))
	for _, s := range p.steps {
		about[s.Address] = true
	}
	for _, d := range p.req.Deltas {
		d.Along = !about[d.Address] && carried(d)
	}
}

func (p *planner) refuse(d *resource.Delta) {
	s := p.step(d, nil, d.Action, "needs a name that is taken")
	s.Path = resource.Path{"name"}
	s.Blocked = &resource.Block{Reason: d.Live.Blocked}
}

// keptElsewhere tells whether what an address no longer means is meant by another one now, or is dropped by another one
// already: dropping it would drop the other's thing.
func (p *planner) keptElsewhere(d *resource.Delta, dropped map[string]bool) bool {
	if d.Live.Identity == "" || d.Address.Kind == "grants" {
		return false
	}
	id := d.Address.Kind + " " + d.Live.Identity
	if dropped[id] {
		return true
	}
	dropped[id] = true
	return p.kept[id]
}

// step begins a step about a thing, or about the part of it that a path leads to.
func (p *planner) step(d *resource.Delta, path resource.Path, action resource.Action, title string) *resource.Step {
	id := d.Address.String()
	if len(path) > 0 {
		id += "/" + path.String()
	}
	s := &resource.Step{
		ID: id, Address: d.Address, Path: path, Action: action, Title: title, Stage: resource.Database,
		Node: resource.Node{Address: d.Address},
	}
	if d.Desired != nil {
		s.At = d.Desired.Range
	}
	for _, c := range d.Changes {
		if len(path) == 0 || len(c.Path) >= len(path) && slices.Equal(c.Path[:len(path)], path) {
			s.Changes = append(s.Changes, c)
			if c.At != nil && len(path) > 0 {
				s.At = c.At
			}
		}
	}
	if d.Live != nil && d.Live.Blocked != "" && !p.isLetIn(d.Live.Attrs.Get("owner").Str()) {
		s.Blocked = &resource.Block{Reason: d.Live.Blocked}
	}
	p.steps = append(p.steps, s)
	return s
}

// run adds a statement that no one waits for.
func run(s *resource.Step, sql string) {
	s.Statements = append(s.Statements, resource.Statement{SQL: resource.RawSQL(sql)})
}

func runSQL(s *resource.Step, sql resource.SQL) {
	s.Statements = append(s.Statements, resource.Statement{SQL: sql})
}

// effort says what a statement does to an existing table.
type effort struct {
	lock    string
	rewrite bool
	scan    bool
}

// runOn adds a statement that takes a lock on an existing table.
func runOn(s *resource.Step, live *resource.Live, on place, e effort, sql string) {
	st := resource.Statement{SQL: resource.RawSQL(sql), Lock: e.lock, Rewrite: e.rewrite, Scan: e.scan}
	if e.lock != "" {
		st.LockOn = on.String()
	}
	st.Hazards = e.hazards(live, on)
	if live != nil && (e.rewrite || e.scan) {
		st.Rows, st.Bytes = max(live.Rows, 0), max(live.Bytes, 0)
	}
	s.Statements = append(s.Statements, st)
}

// undo puts a statement before those that go back already: the last thing done is undone first.
func undo(s *resource.Step, sql string) { s.Undo = slices.Insert(s.Undo, 0, resource.RawSQL(sql)) }

// undoing puts the statements that a function adds to a step before those that go back already. So what writes the way there
// writes the way back too: of what was there, in place of what is wanted.
func undoing(s *resource.Step, again func(back *resource.Step)) {
	var back resource.Step
	again(&back)
	sql := make([]resource.SQL, len(back.Statements))
	for i, st := range back.Statements {
		sql[i] = st.SQL
	}
	s.Undo = slices.Concat(sql, s.Undo)
}

// asBefore gives a thing that is made again as it was the comment, the owner and the privileges that it had. what is as in
// COMMENT ON.
func (p *planner) asBefore(d *resource.Delta, s *resource.Step, what string) {
	if comment := d.Live.Attrs.Get("comment").Str(); comment != "" {
		run(s, commentOn(what, comment))
	}
	p.ownedBefore(d, s, what)
	if isRoutine(d.Address.Kind) || foundations[d.Address.Kind] != nil {
		p.regrant(d, s, what)
	}
}

// ownedBefore gives a thing that is made again the owner that it had.
func (p *planner) ownedBefore(d *resource.Delta, s *resource.Step, what string) {
	if was := d.Live.Attrs.Get("owner").Str(); was != "" && was != p.facts.CurrentUser {
		run(s, "ALTER "+what+" OWNER TO "+sqltext.Ident(was))
	}
}

// commentOn writes COMMENT ON; an empty comment takes it away.
func commentOn(what, text string) string {
	if text == "" {
		return fmt.Sprintf("COMMENT ON %s IS NULL", what)
	}
	return fmt.Sprintf("COMMENT ON %s IS %s", what, sqltext.Literal(text))
}

// changed tells whether a delta has a change at or below a path.
func changed(d *resource.Delta, path ...string) bool {
	return slices.ContainsFunc(d.Changes, func(c resource.Change) bool {
		return len(c.Path) >= len(path) && slices.Equal(c.Path[:len(path)], path)
	})
}

// owner adds the change of an owner, for kinds that have one. what is as in ALTER: "TABLE app_data.orders".
func (p *planner) owner(d *resource.Delta, s *resource.Step, what string) {
	w := d.Desired.Attrs.Get("owner")
	if w.IsNull() {
		if s.Action == resource.Replace && d.Live != nil { // what nobody decides stays as it was
			p.ownedBefore(d, s, what)
		}
		return
	}
	role := p.currentRole(w)
	runSQL(s, (&sqlText{}).text("ALTER "+what+" OWNER TO ").role(role).sql)
	p.mayGiveTo(s, role)
	if d.Live != nil {
		if was := d.Live.Attrs.Get("owner").Str(); was != "" {
			undo(s, "ALTER "+what+" OWNER TO "+sqltext.Ident(was))
		}
	}
}

// currentRole resolves the name of a role; one that this plan makes anew is a hole, whatever was known before.
func (p *planner) currentRole(v resource.Value) roleName {
	role := p.index.role(v)
	hole, ok := (roleName{role}).hole()
	if !ok || hole.IsSecret() || p.req.Lookup == nil {
		return p.role(role)
	}
	now := p.req.Lookup(hole.Ref)
	if now.Kind() == resource.KindString && now.Str() != "" {
		return roleName{now}
	}
	return roleName{role}
}

// simple makes the steps of a change of comment and owner, which all kinds have alike.
func (p *planner) simple(d *resource.Delta, what string) {
	if changed(d, "comment") {
		s := p.step(d, resource.Path{"comment"}, resource.Update, "set the comment")
		run(s, commentOn(what, d.Desired.Attrs.Get("comment").Str()))
		undo(s, commentOn(what, d.Live.Attrs.Get("comment").Str()))
	}
	if changed(d, "owner") {
		p.owner(d, p.step(d, resource.Path{"owner"}, resource.Update, "change the owner"), what)
	}
}

// mayCreate blocks a step that makes something in a schema where the deployer may not.
func (p *planner) mayCreate(s *resource.Step, schema string) {
	f, exists := p.facts.Schemas[schema]
	if !exists || f.MayCreate || p.facts.CurrentUser == "" || p.isLetIn(f.Owner) {
		return
	}
	s.Blocked = &resource.Block{Reason: fmt.Sprintf("%s may not create anything in schema %s: its owner %s runs GRANT USAGE, CREATE ON SCHEMA %s TO %s",
		p.facts.CurrentUser, schema, f.Owner, sqltext.Ident(schema), sqltext.Ident(p.facts.CurrentUser))}
}
