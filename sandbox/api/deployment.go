package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// deployment is one attempt to run source code as an app.
type deployment struct {
	id, creator      string
	source, mode     string
	git              any
	command          []string
	env              []envVar
	state, message   string
	created, updated time.Time
	artifacts        string
}

type envVar struct {
	Name      string `json:"name"`
	Value     string `json:"value,omitempty"`
	ValueFrom string `json:"value_from,omitempty"`
}

type wireDeployment struct {
	ID         string            `json:"deployment_id,omitempty"`
	Source     string            `json:"source_code_path,omitempty"`
	Mode       string            `json:"mode,omitempty"`
	Git        any               `json:"git_source,omitempty"`
	Command    []string          `json:"command,omitempty"`
	Env        []envVar          `json:"env_vars,omitempty"`
	Status     *wireState        `json:"status,omitempty"`
	Creator    string            `json:"creator,omitempty"`
	CreateTime string            `json:"create_time,omitempty"`
	UpdateTime string            `json:"update_time,omitempty"`
	Artifacts  map[string]string `json:"deployment_artifacts,omitempty"`
}

// wire hides the values of the environment: names only come back. [issue CLI #6179]
func (d *deployment) wire() *wireDeployment {
	if d == nil {
		return nil
	}
	w := &wireDeployment{ID: d.id, Source: d.source, Mode: d.mode, Git: d.git, Command: d.command, Creator: d.creator,
		Status: &wireState{d.state, d.message}, CreateTime: stamp(d.created), UpdateTime: stamp(d.updated)}
	for _, e := range d.env {
		w.Env = append(w.Env, envVar{Name: e.Name, ValueFrom: e.ValueFrom})
	}
	if d.artifacts != "" {
		w.Artifacts = map[string]string{"source_code_path": d.artifacts}
	}
	return w
}

func (s *Server) deploy(c *call) (any, error) {
	a, err := s.findApp(c, canManage)
	if err != nil {
		return nil, err
	}
	var body wireDeployment
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	switch {
	case a.compute != "ACTIVE": // [issue CLI #2367]
		return nil, badRequest("Cannot deploy app %s as its compute is in state %s: start it first", a.name, a.compute)
	case a.pending != nil: // [cli]
		return nil, refuse(http.StatusConflict, "RESOURCE_CONFLICT", "Cannot deploy app %s as there is an active deployment in progress", a.name)
	case !slices.Contains([]string{"", "SNAPSHOT", "AUTO_SYNC"}, body.Mode):
		return nil, invalid("mode '%s' is not one of SNAPSHOT, AUTO_SYNC", body.Mode)
	case body.Git != nil && a.Repository == nil:
		return nil, badRequest("git_source requires git_repository on the app") // [cli]
	case body.Git != nil: // the sandbox reaches no Git server
		return nil, refuse(http.StatusNotImplemented, "NOT_IMPLEMENTED", "the sandbox cannot deploy from Git: deploy from a workspace folder")
	}
	if body.Source == "" {
		body.Source = a.defaultSource
	}
	if body.Source == "" {
		return nil, invalid("source_code_path is required")
	}
	for _, e := range body.Env {
		if e.Name == "" || (e.Value != "" && e.ValueFrom != "") {
			return nil, invalid("env_vars: each entry has a name and either value or value_from")
		}
	}
	d := &deployment{id: randomHex(16), creator: c.me.UserName, source: body.Source, mode: body.Mode, command: body.Command,
		env: body.Env, state: "IN_PROGRESS", message: "Deployment is in progress.", created: s.now(), updated: s.now()}
	if d.mode == "" {
		d.mode = "SNAPSHOT"
	}
	a.deployments = append(a.deployments, d)
	a.pending = d
	before := [2]string{a.status, a.statusMessage}
	a.status, a.statusMessage = "DEPLOYING", "Deployment is in progress."
	s.later(s.opts.Delays.Deployment, func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		d.updated = s.now()
		if a.pending != d { // stopped or deleted meanwhile
			d.state, d.message = "CANCELLED", "The app was stopped."
			return
		}
		a.pending = nil
		program, problem := s.inspect(a, d)
		if problem != "" {
			d.state, d.message = "FAILED", problem
			a.status, a.statusMessage = before[0], before[1]
			return
		}
		d.state, d.message = "SUCCEEDED", "App started successfully."
		d.artifacts = "/Workspace/Users/" + a.identity.UserName + "/src/" + d.id
		a.active, a.defaultSource = d, d.source
		a.status, a.statusMessage = "RUNNING", "App has status: App is running"
		if program.crash != "" { // a deployment that succeeds proves nothing of the process [doc]
			a.status, a.statusMessage = "CRASHED", program.crash
		}
	})
	return d.wire(), nil
}

// program is what a deployment would run.
type program struct{ crash string }

// crashFile and crashVariable make a deployed app crash, so that tools can be tried against it.
const (
	crashFile     = "crash"
	crashVariable = "TELLR_SANDBOX_CRASH"
)

const maxSourceFile = 10 << 20 // [doc]

// inspect looks at the source as the service does before it runs it; problem fails the deployment. s.mu is held.
func (s *Server) inspect(a *app, d *deployment) (p program, problem string) {
	root, err := cleanPath(d.source)
	if err != nil || s.files[root] == nil || s.files[root].kind != kindDirectory {
		return p, fmt.Sprintf("Error downloading source code from workspace path %s: the folder does not exist.", d.source)
	}
	sources := map[string]*file{}
	for name, f := range s.files {
		if relative, ok := strings.CutPrefix(name, strings.TrimSuffix(root, "/")+"/"); ok && f.kind != kindDirectory {
			if len(f.content) > maxSourceFile {
				return p, fmt.Sprintf("File %s is larger than the maximum of 10 MB.", relative)
			}
			sources[relative] = f
		}
	}
	if len(sources) == 0 {
		return p, fmt.Sprintf("No source code files found in workspace path %s.", d.source)
	}
	var config struct {
		Command any `yaml:"command"`
		Env     []struct {
			Name      string  `yaml:"name"`
			Value     *string `yaml:"value"`
			ValueFrom string  `yaml:"valueFrom"`
		} `yaml:"env"`
	}
	for _, name := range []string{"app.yaml", "app.yml"} {
		if f := sources[name]; f != nil {
			if err := yaml.Unmarshal(f.content, &config); err != nil {
				return p, fmt.Sprintf("Error reading %s: %s", name, err)
			}
			break
		}
	}
	keys := map[string]bool{}
	for _, r := range a.Resources {
		keys[r.Name] = true
	}
	env := map[string]string{}
	for _, e := range config.Env {
		if e.ValueFrom != "" && !keys[e.ValueFrom] {
			return p, fmt.Sprintf("Error resolving resource %s specified in app.yaml. Please make sure to configure a resource with name %s.", e.ValueFrom, e.ValueFrom)
		}
		if e.Value != nil {
			env[e.Name] = *e.Value
		}
	}
	for _, e := range d.env {
		if e.ValueFrom != "" && !keys[e.ValueFrom] {
			return p, fmt.Sprintf("Error resolving resource %s specified in env_vars. Please make sure to configure a resource with name %s.", e.ValueFrom, e.ValueFrom)
		}
		env[e.Name] = e.Value
	}
	python := slices.ContainsFunc(slices.Collect(maps.Keys(sources)), func(name string) bool {
		return path.Ext(name) == ".py" && !strings.Contains(name, "/") && sources[name].kind == kindFile
	})
	switch {
	case sources[crashFile] != nil:
		p.crash = "App crashed: the source has a file named " + crashFile + "."
	case env[crashVariable] == "1":
		p.crash = "App crashed: " + crashVariable + " is 1."
	case len(d.command) == 0 && config.Command == nil && sources["package.json"] == nil && !python:
		p.crash = "App crashed: no command in app.yaml, no package.json and no .py file to run." // [doc app-runtime]
	}
	return p, ""
}

func (s *Server) listDeployments(c *call) (any, error) {
	a, err := s.findApp(c, canUse)
	if err != nil {
		return nil, err
	}
	list := []*wireDeployment{}
	for _, d := range slices.Backward(a.deployments) { // the newest first
		list = append(list, d.wire())
	}
	return page(c, "app_deployments", list)
}

func (s *Server) getDeployment(c *call) (any, error) {
	a, err := s.findApp(c, canUse)
	if err != nil {
		return nil, err
	}
	for _, d := range a.deployments {
		if d.id == c.path("deployment") {
			return d.wire(), nil
		}
	}
	return nil, refuse(http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST", "Deployment %s of app %s does not exist.", c.path("deployment"), a.name)
}
