package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/service/apps"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// The words for what a step waits for; see session.wait.
const (
	waitSettled    = "app-settled"     // Path: the app's name
	waitUpdate     = "app-updated"     // Path: the app's name
	waitGone       = "app-gone"        // Path: the app's name
	waitActive     = "compute-active"  // Path: the app's name
	waitName       = "release-named"   // Path: what the name is made of
	waitUploaded   = "release-written" // Path: what the manifest says besides files
	waitDeployment = "app-running"     // Path: app, and deployment if one is under way
)

// How long the platform may take, in seconds. [reference §1.3]
const (
	settleTime = 20 * 60
	updateTime = 20 * 60
	removeTime = 25 * 60
	deployTime = 20 * 60
	uploadTime = 30 * 60
)

var yields = []resource.Yield{
	{Attr: "id", Shape: "text"}, {Attr: "service_principal_client_id", Shape: "uuid"}, {Attr: "service_principal_id", Shape: "int"},
	{Attr: "service_principal_name", Shape: "text"}, {Attr: "url", Shape: "url"},
}

// Steps turns differences into API calls: the app in the workspace stage, its
// release in the last one.
func (p *Provider) Steps(req resource.StepsRequest) ([]*resource.Step, resource.Diagnostics) {
	var steps []*resource.Step
	var ds resource.Diagnostics
	known := factsOf(req.Live)
	for _, d := range req.Deltas {
		at := wanted(req.Live, d.Address)
		m := maker{req: req, d: d, fact: known[d.Address.String()], at: at, bind: located(at.Get("binding")), name: at.Get("name").Str(), want: resource.Object()}
		if d.Desired != nil {
			// What is wrong with it was said when it was compared.
			m.want, _ = p.Normalize(d.Desired, req.Live)
		}
		if err := m.make(); err != nil {
			ds = append(ds, err)
			continue
		}
		steps = append(steps, m.steps...)
	}
	return steps, ds
}

// maker words the steps of one app.
type maker struct {
	req   resource.StepsRequest
	d     *resource.Delta
	fact  fact
	at    resource.Value
	bind  binding
	name  string
	want  resource.Value
	steps []*resource.Step
}

func (m *maker) make() *resource.Diagnostic {
	switch m.d.Action {
	case resource.Create:
		m.create()
	case resource.Replace:
		m.remove("/delete")
		m.create()
	case resource.Delete:
		m.clean() // first: only the app tells which files are its own, also after an interrupt
		m.remove("")
		return nil
	default:
		m.settle()
		if err := m.update(); err != nil {
			return &resource.Diagnostic{Severity: resource.Error, Summary: "the resources of an app cannot be read", Detail: err.Error(),
				Cure: "report this as a bug of tellr", Address: m.d.Address, Err: err}
		}
	}
	return m.release()
}

// add appends a step, to be done after the app's earlier ones: the platform
// takes one change of an app at a time.
func (m *maker) add(s *resource.Step) *resource.Step {
	s.ID = m.d.Address.String() + s.ID
	s.Address, s.System = m.d.Address, systemName
	if s.Stage == "" {
		s.Stage = resource.Workspace
	}
	s.Node.Address = m.d.Address
	if m.d.Desired != nil && s.At == nil {
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

// action is what the app's steps do; a replaced app is deleted and created.
func (m *maker) action() resource.Action {
	if m.d.Action == resource.Create || m.d.Action == resource.Replace {
		return resource.Create
	}
	return resource.Update
}

// settle waits for what someone, or a killed apply, has begun.
func (m *maker) settle() {
	if m.fact.Updating {
		m.add(&resource.Step{
			ID: "/updated", Action: resource.Update, Title: "wait until the running update of app " + m.name + " is done",
			Reason: "an update is under way, and the platform takes one at a time", Wait: m.wait(waitUpdate, "the update of app "+m.name+" is done", updateTime),
		})
	}
	switch apps.ComputeState(m.fact.Compute) {
	case apps.ComputeStateStarting, apps.ComputeStateStopping, apps.ComputeStateUpdating:
		m.add(&resource.Step{
			ID: "/ready", Action: resource.Update, Title: "wait until app " + m.name + " is ready", Yields: yields,
			Reason: "it was made or changed and is not ready yet: its compute is " + m.fact.Compute,
			Wait:   m.wait(waitSettled, "the compute of app "+m.name+" has come to rest", settleTime),
		})
	}
}

func (m *maker) create() {
	if m.fact.Going {
		m.add(&resource.Step{
			ID: "/gone", Action: m.action(), Title: "wait until the earlier app " + m.name + " is gone",
			Reason: "an app of the same name is being deleted", Wait: m.wait(waitGone, "the earlier app "+m.name+" is gone", removeTime),
		})
	}
	body := resource.Object(resource.F("name", resource.String(m.name)))
	for _, name := range []string{"compute_size", "description", "user_api_scopes"} {
		if v := m.want.Get(name); !v.IsNull() {
			body = body.With(name, v)
		}
	}
	if m.bind.kind != "" {
		body = body.With("resources", resource.List(m.bind.resource("")))
	}
	changes := slices.DeleteFunc(slices.Concat(m.d.Changes, workspace.Additions(m.d.Kind, m.want)), func(c resource.Change) bool { return isRelease(c) })
	m.add(&resource.Step{
		Action: m.action(), Title: "create app " + m.name, Reason: m.d.Reason, Changes: changes, Yields: yields,
		Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/apps"), Body: workspace.Sorted(body)},
		Wait: m.wait(waitSettled, "the compute of app "+m.name+" is ACTIVE", settleTime),
	})
}

func isRelease(c resource.Change) bool { return len(c.Path) > 0 && c.Path[0] == partRelease }

// update changes what differs with one call whose mask names exactly that.
// The older PATCH of an app refuses every body with a compute size.
func (m *maker) update() error {
	fields := resource.Object(resource.F("name", resource.String(m.name)))
	var mask []string
	var changes []resource.Change
	for _, c := range m.d.Changes {
		if isRelease(c) || len(c.Path) == 0 {
			continue
		}
		changes = append(changes, c)
		switch c.Path[0] {
		case "binding":
			if slices.Contains(mask, "resources") {
				continue
			}
			list, err := withBinding(m.fact.Resources, m.bind)
			if err != nil {
				return err
			}
			fields = fields.With("resources", list)
			mask = append(mask, "resources")
		default:
			fields = fields.With(c.Path[0], m.want.Get(c.Path[0]))
			mask = append(mask, c.Path[0])
		}
	}
	if len(mask) == 0 {
		return nil
	}
	slices.Sort(mask)
	if err := m.unbind(changes); err != nil {
		return err
	}
	m.add(&resource.Step{
		Action: resource.Update, Title: "change app " + m.name, Reason: m.d.Reason, Changes: changes,
		Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/apps/" + m.name + "/update"), Body: resource.Object(
			resource.F("app", workspace.Sorted(fields)), resource.F("update_mask", resource.String(strings.Join(mask, ","))))},
		Wait: m.wait(waitUpdate, "the update of app "+m.name+" is done", updateTime),
	})
	return nil
}

// unbind takes a binding away whose database has lost the app's role, so that
// the platform sees a new one when it is set again, and makes the role.
func (m *maker) unbind(changes []resource.Change) error {
	of := slices.DeleteFunc(slices.Clone(changes), func(c resource.Change) bool { return c.Path[0] != "binding" })
	if len(of) != 1 || of[0].Path.String() != "binding.role" {
		return nil // not bound, or moved to another database
	}
	others, err := withoutBinding(m.fact.Resources, m.bind)
	if err != nil {
		return err
	}
	m.add(&resource.Step{
		ID: "/unbind", Action: resource.Update, Title: "unbind app " + m.name + " from a database that does not know it",
		Reason: of[0].Reason, Changes: of,
		Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/apps/" + m.name + "/update"), Body: resource.Object(
			resource.F("app", resource.Object(resource.F("name", resource.String(m.name)), resource.F("resources", others))),
			resource.F("update_mask", resource.String("resources")))},
		Wait: m.wait(waitUpdate, "the update of app "+m.name+" is done", updateTime),
	})
	return nil
}

func (m *maker) remove(suffix string) {
	m.add(&resource.Step{
		ID: suffix, Action: resource.Delete, Title: "delete app " + m.name, Reason: m.d.Reason,
		NoUndo: "an app that is made anew has another service principal",
		Call:   &resource.Call{Method: "DELETE", Path: resource.String("/api/2.0/apps/" + m.name)},
		Wait:   m.wait(waitGone, "app "+m.name+" is gone", removeTime),
	})
}

// clean removes the files of the release that was deployed, if tellr wrote
// them.
func (m *maker) clean() {
	if m.fact.Active == nil || m.fact.Released == nil {
		return
	}
	m.add(&resource.Step{
		ID: "/release/delete", Action: resource.Delete, Path: resource.Path{partRelease}, Node: resource.Node{Part: partRelease},
		Title: fmt.Sprintf("delete the %s of its release", count(len(m.fact.Released.Files), "file")), Reason: m.d.Reason, NoUndo: "they are made anew from the source folder",
		Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/workspace/delete"), Body: resource.Object(
			resource.F("path", resource.String(m.fact.Active.Path)), resource.F("recursive", resource.Bool(true)))},
	})
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
