package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// manifestName is the file that is written last into a release's folder: a
// folder without it is a half upload.
const manifestName = ".tellr-release.json"

// manifest says what a release is made of. It lies beside the files, so that a
// later plan can say what changed. It holds no secret and no value of the
// environment, only their hashes.
type manifest struct {
	Format  int               `json:"format"`
	App     string            `json:"app"`
	Files   []resource.File   `json:"files"`
	Command []string          `json:"command,omitempty"`
	Env     map[string]string `json:"env,omitempty"` // name to hash; "secret" for one
}

// manifestOf describes a release. Variables that are not known yet are left
// out of the comparison.
func manifestOf(app string, files []resource.File, command, env resource.Value) manifest {
	m := manifest{Format: 1, App: app, Files: files, Command: command.StringList(), Env: map[string]string{}}
	for _, f := range env.Fields() {
		switch {
		case f.Value.Sensitive():
			m.Env[f.Name] = "secret"
		case f.Value.Known():
			sum := sha256.Sum256([]byte(f.Value.Str()))
			m.Env[f.Name] = hex.EncodeToString(sum[:])[:idLength]
		default:
			m.Env[f.Name] = ""
		}
	}
	return m
}

// about is the part of a manifest that an upload's files do not give.
func (m manifest) about() resource.Value {
	out := resource.Object(resource.F("app", resource.String(m.App)), resource.F("command", resource.Strings(m.Command...)))
	env := resource.Object()
	for name, hash := range m.Env {
		env = env.With(name, resource.String(hash))
	}
	return out.With("env", workspace.Sorted(env))
}

// manifestFrom puts the manifest of an upload together again.
func manifestFrom(step *resource.Step) manifest {
	about := step.Wait.Path
	m := manifest{Format: 1, App: about.Get("app").Str(), Files: step.Upload.Files, Command: about.Get("command").StringList(), Env: map[string]string{}}
	for _, f := range about.Get("env").Fields() {
		m.Env[f.Name] = f.Value.Str()
	}
	return m
}

// since says in a few words what differs from an earlier release.
func (m manifest) since(old *manifest) string {
	if old == nil {
		return ""
	}
	was := map[string]string{}
	for _, f := range old.Files {
		was[f.Path] = f.SHA256
	}
	var changed, added, gone []string
	for _, f := range m.Files {
		switch hash, ok := was[f.Path]; {
		case !ok:
			added = append(added, f.Path)
		case hash != f.SHA256:
			changed = append(changed, f.Path)
		}
		delete(was, f.Path)
	}
	for p := range was {
		gone = append(gone, p)
	}
	var env []string
	for name, hash := range m.Env {
		// A variable that was not known when its manifest was written has no
		// hash, and is not blamed.
		if before, ok := old.Env[name]; !ok || before != hash && before != "" && hash != "" {
			env = append(env, name)
		}
	}
	for name := range old.Env {
		if _, ok := m.Env[name]; !ok {
			env = append(env, name)
		}
	}
	var out []string
	for _, part := range []struct {
		what  string
		names []string
	}{{"changed", changed}, {"new", added}, {"gone", gone}, {"environment", env}} {
		if len(part.names) > 0 {
			out = append(out, part.what+": "+few(part.names))
		}
	}
	if !slices.Equal(m.Command, old.Command) {
		out = append(out, "another command")
	}
	return strings.Join(out, "; ")
}

// few lists names, and counts those beyond three.
func few(names []string) string {
	slices.Sort(names)
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// readManifest reads what tellr wrote beside a release; nil if there is
// nothing of the kind, whatever the reason: it only makes a plan more telling,
// and an upload shorter.
func readManifest(ctx context.Context, c *workspace.Client, folder string) *manifest {
	var answer struct {
		Content string `json:"content"`
	}
	query := map[string]any{"path": folder + "/" + manifestName, "format": "SOURCE"}
	if err := c.Get(ctx, "/api/2.0/workspace/export", query, &answer); err != nil {
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(answer.Content)
	if err != nil {
		return nil
	}
	var m manifest
	if json.Unmarshal(text, &m) != nil || m.Format != 1 {
		return nil
	}
	return &m
}
