package lakebase

import (
	"strings"
	"time"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// The words for what a step waits for; see session.wait.
const (
	waitProject  = "project-ready"  // Path: the project's id
	waitEndpoint = "endpoint-ready" // Path: the project's id
	waitUpdated  = "operation-done"
	waitGone     = "project-gone"   // Path: the project's id
	waitInstance = "instance-ready" // Path: the instance's name
	waitNoMore   = "instance-gone"  // Path: the instance's name
)

// How long the platform may take, in seconds. [reference §2, §4]
const (
	makeTime   = 20 * 60
	changeTime = 20 * 60
	removeTime = 20 * 60
)

var yields = []resource.Yield{{Attr: "host", Shape: "host"}, {Attr: "uid", Shape: "text"}}

// Steps turns differences into API calls. A plain or existing instance has
// none; one that is still becoming ready is waited for.
func (p *Provider) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	var steps []*resource.Step
	var ds resource.Diagnostics
	known := factsOf(req.Live)
	for _, d := range req.Deltas {
		located := wanted(req.Live.Scope, d.Address)
		m := maker{d: d, fact: known[d.Address.String()], name: located.Get("name").Str(), kind: located.Get("type").Str(), want: resource.Object()}
		if d.Desired != nil {
			m.name, m.kind = d.Desired.Name(), typeOf(d.Desired.Attrs)
			if not := usable(d.Desired, m.fact, d.Live != nil); not.HasErrors() {
				ds = append(ds, not...)
				continue
			}
			// What is wrong with it was said when it was compared.
			m.want, _ = p.Normalize(d.Desired, req.Live)
		}
		if m.kind == plain {
			continue
		}
		if located.Get("existing").Bool() || d.Desired != nil && d.Desired.Attrs.Get("existing").Bool() {
			m.settle()
		} else {
			m.make(&ds)
		}
		steps = append(steps, m.steps...)
	}
	return steps, ds
}

func wanted(scope resource.Scope, a resource.Address) resource.Value {
	for _, w := range scope.Wanted {
		if w.Address == a {
			return w.Locate
		}
	}
	return resource.Object()
}

// maker words the steps of one instance.
type maker struct {
	d     *resource.Delta
	fact  fact
	name  string
	kind  string
	want  resource.Value
	steps []*resource.Step
}

func (m *maker) make(ds *resource.Diagnostics) {
	switch m.d.Action {
	case resource.Create:
		m.create(ds)
	case resource.Replace:
		m.remove("/delete")
		m.create(ds)
	case resource.Update:
		m.settle()
		if m.kind == provisioned {
			m.updateInstance()
		} else {
			m.updateProject()
		}
	case resource.Delete:
		m.remove("")
	default:
		m.settle()
	}
}

// add appends a step, to be done after the instance's earlier ones: two
// operations on one instance conflict.
func (m *maker) add(s *resource.Step) *resource.Step {
	s.ID = m.d.Address.String() + s.ID
	s.Address, s.Stage, s.System = m.d.Address, resource.Workspace, systemName
	s.Node = resource.Node{Address: m.d.Address}
	if m.d.Desired != nil {
		s.At = m.d.Desired.Range
	}
	if n := len(m.steps); n > 0 {
		s.Needs = []string{m.steps[n-1].ID}
	}
	m.steps = append(m.steps, s)
	return s
}

func (m *maker) wait(kind, of string, seconds int) *resource.Wait {
	return &resource.Wait{Kind: kind, For: of, Path: resource.String(m.name), Timeout: seconds}
}

// settle waits for an instance that someone, or a killed apply, is making or
// changing.
func (m *maker) settle() {
	if m.fact.Unready == "" {
		return
	}
	w := m.wait(waitEndpoint, "the endpoint of "+m.name+" is ready", makeTime)
	if m.kind == provisioned {
		w = m.wait(waitInstance, "instance "+m.name+" is AVAILABLE", makeTime)
	}
	m.add(&resource.Step{
		ID: "/ready", Action: resource.Update, Title: "wait until " + what(m.kind, m.name) + " is ready",
		Reason: "it was made or changed and is not ready yet: " + m.fact.Unready, Wait: w, Yields: yields,
	})
}

func (m *maker) create(ds *resource.Diagnostics) {
	changes := m.d.Changes
	if len(changes) == 0 {
		changes = workspace.Additions(m.d.Kind, m.want)
	}
	if m.kind == autoscaling {
		m.add(&resource.Step{
			Action: resource.Create, Title: "create project " + m.name, Reason: m.d.Reason, Changes: changes, Yields: yields,
			Call: &resource.Call{
				Method: "POST", Path: resource.String("/api/2.0/postgres/projects"),
				Query: []resource.Param{{Name: "project_id", Value: resource.String(m.name)}},
				Body:  m.projectBody(),
			},
			Wait: m.wait(waitProject, "project "+m.name+" is made and its endpoint ready", makeTime),
		})
		return
	}
	if m.fact.Going {
		m.add(&resource.Step{
			ID: "/gone", Action: resource.Create, Title: "wait until the earlier instance " + m.name + " is gone",
			Reason: "an instance of the same name is being deleted", Wait: m.wait(waitNoMore, "the earlier instance "+m.name+" is gone", removeTime),
		})
	}
	at := m.want.Get(provisioned).Range()
	if at.IsZero() {
		at = m.d.Desired.Range
	}
	ds.Warnf(at, "a new provisioned instance is an autoscaling one inside", "write `autoscaling { … }` for a new instance",
		"since March 2026 Lakebase makes an autoscaling project of instance %q, of a size of its own choice", m.name)
	body := resource.Object(resource.F("name", resource.String(m.name)))
	for _, f := range m.want.Get(provisioned).Fields() {
		key, v := instanceField(f.Name, f.Value)
		body = body.With(key, v)
	}
	known := yields
	if m.want.Get(provisioned).Get("stopped").Bool() {
		known = yields[1:] // a stopped instance may have no host yet
	}
	m.add(&resource.Step{
		Action: resource.Create, Title: "create instance " + m.name, Reason: m.d.Reason, Changes: changes, Yields: known,
		Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/database/instances"), Body: sorted(body)},
		Wait: m.wait(waitInstance, "instance "+m.name+" is AVAILABLE", makeTime),
	})
}

func (m *maker) remove(suffix string) {
	s := &resource.Step{
		ID: suffix, Action: resource.Delete, Reason: m.d.Reason, Destroys: true,
		NoUndo: "it is purged: neither the instance nor its data can be restored",
	}
	purge := []resource.Param{{Name: "purge", Value: resource.Bool(true)}}
	if m.kind == provisioned {
		s.Title = "delete instance " + m.name + " with all its data"
		s.Call = &resource.Call{Method: "DELETE", Path: resource.String("/api/2.0/database/instances/" + m.name), Query: purge}
		s.Wait = m.wait(waitNoMore, "instance "+m.name+" is gone", removeTime)
	} else {
		s.Title = "delete project " + m.name + " with all its data"
		s.Call = &resource.Call{Method: "DELETE", Path: resource.String("/api/2.0/postgres/" + projectPath(m.name)), Query: purge}
		s.Wait = m.wait(waitGone, "project "+m.name+" is gone", removeTime)
	}
	m.add(s)
}

// projectBody makes the project with its endpoint's size, which saves an
// update of the endpoint.
func (m *maker) projectBody() resource.Value {
	settings := m.want.Get(autoscaling)
	spec, endpoint := resource.Object(), resource.Object()
	for _, f := range settings.Fields() {
		if key, v, ok := projectField(f.Name, f.Value); ok {
			spec = spec.With(key, v)
		} else if key, v, _ := endpointField(f.Name, f.Value); key != "" {
			endpoint = endpoint.With(key, v)
		}
	}
	body := resource.Object(resource.F("spec", sorted(spec)))
	if len(endpoint.Fields()) > 0 {
		body = body.With("initial_endpoint_spec", sorted(endpoint))
	}
	return body
}

// updateProject changes the project, then its endpoint: each with one call
// that names exactly the leaves that change. [reference §1.2, update_mask]
func (m *maker) updateProject() {
	spec, endpoint := resource.Object(), resource.Object(resource.F("endpoint_type", resource.String("ENDPOINT_TYPE_READ_WRITE")))
	var ofProject, ofEndpoint []resource.Change
	var projectMask, endpointMask []string
	for _, c := range m.d.Changes {
		if len(c.Path) != 2 || c.Path[0] != autoscaling {
			continue
		}
		if key, v, ok := projectField(c.Path[1], c.Desired); ok {
			spec = spec.With(key, v)
			projectMask = append(projectMask, "spec."+key)
			ofProject = append(ofProject, c)
		} else if key, v, mask := endpointField(c.Path[1], c.Desired); key != "" {
			endpoint = endpoint.With(key, v)
			endpointMask = append(endpointMask, "spec."+mask)
			ofEndpoint = append(ofEndpoint, c)
		}
	}
	if len(ofProject) > 0 {
		m.add(&resource.Step{
			Action: resource.Update, Title: "change project " + m.name, Reason: m.d.Reason, Changes: ofProject,
			Call: patch(projectPath(m.name), projectMask, spec),
			Wait: m.wait(waitUpdated, "project "+m.name+" is changed", changeTime),
		})
	}
	if len(ofEndpoint) > 0 {
		m.add(&resource.Step{
			ID: "/endpoint", Action: resource.Update, Title: "change the endpoint of project " + m.name, Reason: m.d.Reason, Changes: ofEndpoint,
			Call: patch(endpointPath(m.name), endpointMask, endpoint),
			Wait: m.wait(waitEndpoint, "the endpoint of "+m.name+" is changed", changeTime),
		})
	}
}

func patch(path string, mask []string, spec resource.Value) *resource.Call {
	return &resource.Call{
		Method: "PATCH", Path: resource.String("/api/2.0/postgres/" + path),
		Query: []resource.Param{{Name: "update_mask", Value: resource.String(strings.Join(mask, ","))}},
		Body:  resource.Object(resource.F("spec", sorted(spec))),
	}
}

// updateInstance changes a provisioned instance. One that is stopped accepts
// nothing but its start, so it is started for the other changes, and stopped
// again unless it is to run.
func (m *maker) updateInstance() {
	var others, stop []resource.Change
	for _, c := range m.d.Changes {
		if len(c.Path) == 2 && c.Path[1] == "stopped" {
			stop = append(stop, c)
		} else if len(c.Path) == 2 {
			others = append(others, c)
		}
	}
	running := !m.fact.Stopped
	turn := func(id, title string, stopped bool, changes []resource.Change) {
		v := resource.Bool(stopped)
		m.add(&resource.Step{
			ID: id, Action: resource.Update, Title: title + " instance " + m.name, Reason: m.d.Reason, Changes: changes,
			Call: m.patchInstance([]string{"stopped"}, resource.Object(resource.F("name", resource.String(m.name)), resource.F("stopped", v))),
			Wait: m.wait(waitInstance, "instance "+m.name+" has changed", changeTime),
		})
	}
	wantStopped := m.fact.Stopped
	if len(stop) > 0 {
		wantStopped = stop[0].Desired.Bool()
	}
	if !running && (len(others) > 0 || !wantStopped) {
		changes := stop
		if wantStopped {
			changes = nil
		}
		turn("/start", "start", false, changes)
		running = true
	}
	if len(others) > 0 {
		body := resource.Object(resource.F("name", resource.String(m.name)))
		var mask []string
		for _, c := range others {
			key, v := instanceField(c.Path[1], c.Desired)
			body = body.With(key, v)
			mask = append(mask, key)
		}
		m.add(&resource.Step{
			Action: resource.Update, Title: "change instance " + m.name, Reason: m.d.Reason, Changes: others,
			Call: m.patchInstance(mask, sorted(body)),
			Wait: m.wait(waitInstance, "instance "+m.name+" has changed", changeTime),
		})
	}
	if running && wantStopped {
		turn("/stop", "stop", true, stop)
	}
}

func (m *maker) patchInstance(mask []string, body resource.Value) *resource.Call {
	return &resource.Call{
		Method: "PATCH", Path: resource.String("/api/2.0/database/instances/" + m.name),
		Query: []resource.Param{{Name: "update_mask", Value: resource.String(strings.Join(mask, ","))}},
		Body:  body,
	}
}

// projectField gives the API's field of a project for an attribute.
func projectField(attr string, v resource.Value) (key string, out resource.Value, ok bool) {
	switch attr {
	case "pg_version", "display_name", "enable_pg_native_login":
		return attr, v, true
	case "retention":
		return "history_retention_duration", seconds(v), true
	default:
		return "", v, false
	}
}

// endpointField gives the API's field of an endpoint, and its name in an
// update mask: a choice of several is masked by the name of the choice.
func endpointField(attr string, v resource.Value) (key string, out resource.Value, mask string) {
	switch attr {
	case "min_cu":
		return "autoscaling_limit_min_cu", v, "autoscaling_limit_min_cu"
	case "max_cu":
		return "autoscaling_limit_max_cu", v, "autoscaling_limit_max_cu"
	case "suspend_after":
		if v.Str() == never {
			return "no_suspension", resource.Bool(true), "suspension"
		}
		return "suspend_timeout_duration", seconds(v), "suspension"
	default:
		return "", v, ""
	}
}

// instanceField gives the API's field of a provisioned instance.
func instanceField(attr string, v resource.Value) (string, resource.Value) {
	if attr != "retention" {
		return attr, v
	}
	d, err := workspace.ParseDuration(v.Str())
	if err != nil {
		return "retention_window_in_days", v
	}
	return "retention_window_in_days", resource.Int(int64(d / (24 * time.Hour)))
}

// seconds writes a duration as the API does: "604800s".
func seconds(v resource.Value) resource.Value {
	d, err := workspace.ParseDuration(v.Str())
	if err != nil {
		return v // a hole; the API checks what fills it
	}
	return resource.String(workspace.FormatSeconds(d))
}

// sorted orders an object's fields by name, so that the bytes of a plan do not
// depend on the order in a file.
func sorted(v resource.Value) resource.Value { return workspace.Sorted(v) }
