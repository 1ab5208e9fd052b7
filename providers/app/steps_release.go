package app

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/databricks/databricks-sdk-go/service/apps"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// release words the steps that make the release run: upload, start, deploy,
// and wait until the app runs. Nothing, if it runs.
func (m *maker) release() *resource.Diagnostic {
	if m.d.Desired == nil || m.d.Desired.Attrs.Get(partRelease).IsNull() {
		return nil
	}
	host, schema := resource.Null(), resource.Null()
	if m.bind.kind != "" {
		host = m.req.Lookup(resource.AttrRef{Address: m.bind.instance, Attr: "host"})
		if ref, ok := m.d.Desired.Attrs.Get("database").Get("schema").Ref(); ok {
			schema = m.req.Lookup(resource.AttrRef{Address: ref, Attr: "name"})
		}
	}
	rel, problem := releaseOf(m.d.Desired, m.at, m.fact, host, schema)
	if problem != nil {
		return problem
	}
	folder, known := rel.path()
	changes := slices.DeleteFunc(slices.Clone(m.d.Changes), func(c resource.Change) bool { return !isRelease(c) })
	reason := ""
	switch {
	case m.d.Action == resource.Create || m.d.Action == resource.Replace:
		changes = slices.DeleteFunc(workspace.Additions(m.d.Kind, m.want), func(c resource.Change) bool { return !isRelease(c) })
		reason = "the app is new"
	case known && len(changes) == 0:
		return nil // it runs, or the user asked not to look
	default:
		reason = m.why(rel, folder, known)
	}
	m.steer(rel, folder, known, changes, reason)
	return nil
}

// why says what makes a new deployment necessary.
func (m *maker) why(rel release, folder string, known bool) string {
	live := m.d.Live.Attrs.Get(partRelease)
	was := live.Get("source_code_path").Str()
	if known && was == folder {
		return "it is deployed, and the app is " + orUnknown(live.Get("status").Str())
	}
	if !known {
		return "a variable that it is made of changes with this plan"
	}
	if was == "" {
		return "nothing is deployed"
	}
	if m.fact.Released == nil {
		return "what is deployed was not written by tellr: " + was
	}
	if since := manifestOf(m.name, rel.files, rel.command, rel.env).since(m.fact.Released); since != "" {
		return since
	}
	return "a secret of the environment, or the database's host, is another one"
}

func orUnknown(state string) string {
	if state == "" {
		return "in no known state"
	}
	return state
}

// steer adds the steps. A folder that is not known yet is a hole, which a
// first step fills that only computes: its name is made of values that other
// steps yield.
func (m *maker) steer(rel release, folder string, known bool, changes []resource.Change, reason string) {
	target, label := resource.String(folder), "release "+path.Base(folder)
	if !known {
		target, label = resource.Unknown(resource.AttrRef{Address: m.d.Address, Attr: "release_path"}), "the release"
		m.addRelease(&resource.Step{
			ID: "/release/name", Title: "name " + label, Reason: "it is named by its content, part of which is known only now",
			Yields: []resource.Yield{{Attr: "release_path", Shape: "path"}},
			Wait: &resource.Wait{Kind: waitName, For: "all that the release is made of is known", Timeout: 60, Path: resource.Object(
				resource.F("app", resource.String(m.name)), resource.F("root", resource.String(rel.root)),
				resource.F("files", resource.String(filesHash(rel.files))), resource.F("command", rel.command), resource.F("env", rel.env))},
		})
	}
	if p := m.fact.Pending; known && p != nil && p.Path == folder && p.ID != "" && m.fact.Active != p {
		m.deploy(label, resource.Null(), changes, "its deployment is under way", p.ID)
		return
	}
	// A deployed app that is being started comes up by itself.
	live := resource.Null()
	if m.d.Live != nil {
		live = m.d.Live.Attrs.Get(partRelease)
	}
	if known && live.Get("source_code_path").Str() == folder && live.Get("status").Str() == string(apps.ApplicationStateDeploying) {
		m.deploy(label, resource.Null(), changes, "the app is being started", "")
		return
	}
	if !known || m.fact.Active == nil || m.fact.Active.Path != folder || m.fact.Released == nil || !slices.Equal(m.fact.Released.Files, rel.files) {
		m.upload(rel, target, label, reason)
	}
	switch apps.ComputeState(m.fact.Compute) {
	case apps.ComputeStateStopped, apps.ComputeStateStopping, apps.ComputeStateError:
		if m.d.Live != nil && m.d.Action != resource.Replace {
			m.addRelease(&resource.Step{
				ID: "/release/start", Title: "start app " + m.name, Reason: "a release needs compute, which is " + m.fact.Compute,
				Call: &resource.Call{Method: "POST", Path: resource.String("/api/2.0/apps/" + m.name + "/start"), Body: resource.Object()},
				Wait: m.wait(waitActive, "the compute of app "+m.name+" is ACTIVE", settleTime),
			})
		}
	}
	body := resource.Object()
	if !rel.command.IsNull() {
		body = body.With("command", rel.command)
	}
	var env []resource.Value
	for _, f := range rel.env.Fields() {
		env = append(env, resource.Object(resource.F("name", resource.String(f.Name)), resource.F("value", f.Value)))
	}
	if len(env) > 0 {
		body = body.With("env_vars", resource.List(env...))
	}
	body = body.With("mode", resource.String("SNAPSHOT")).With("source_code_path", target)
	m.deploy(label, body, changes, reason, "")
}

// addRelease adds one step of the release.
func (m *maker) addRelease(s *resource.Step) {
	s.Action, s.Stage, s.Node = m.action(), resource.Release, resource.Node{Part: partRelease}
	if m.d.Desired != nil {
		if at := m.d.Desired.Attrs.Get(partRelease).Range(); !at.IsZero() {
			s.At = at
		}
	}
	m.add(s)
}

func (m *maker) upload(rel release, target resource.Value, label, reason string) {
	var bytes int64
	for _, f := range rel.files {
		bytes += f.Size
	}
	about := manifestOf(m.name, rel.files, rel.command, rel.env).about()
	m.addRelease(&resource.Step{
		ID: "/release/upload", Title: fmt.Sprintf("upload %s (%s) of %s", count(len(rel.files), "file"), size(bytes), label), Reason: reason,
		Upload: &resource.Upload{Source: m.fact.sourceDir(), Target: target, Files: rel.files},
		Wait:   &resource.Wait{Kind: waitUploaded, For: "all files and their manifest are written", Path: about, Timeout: uploadTime},
	})
}

func (f fact) sourceDir() string {
	if f.Source == nil {
		return ""
	}
	return f.Source.Dir
}

// deploy adds the step that ends with a running app: with a call, or, if the
// deployment was begun already, only the waiting.
func (m *maker) deploy(label string, body resource.Value, changes []resource.Change, reason, deployment string) {
	of := resource.Object(resource.F("app", resource.String(m.name)))
	if deployment != "" {
		of = of.With("deployment", resource.String(deployment))
	}
	timeout := deployTime
	if d, err := workspace.ParseDuration(m.d.Desired.Attrs.Get(partRelease).Get("timeout").Str()); err == nil {
		timeout = int(d / time.Second)
	}
	s := &resource.Step{
		ID: "/release", Title: "deploy " + label, Reason: reason, Changes: changes,
		Wait: &resource.Wait{Kind: waitDeployment, For: "app " + m.name + " is RUNNING", Path: of, Timeout: timeout},
	}
	if body.IsNull() {
		s.Title = "wait until " + label + " runs"
	} else {
		s.Call = &resource.Call{Method: "POST", Path: resource.String("/api/2.0/apps/" + m.name + "/deployments"), Body: body}
	}
	m.addRelease(s)
}
