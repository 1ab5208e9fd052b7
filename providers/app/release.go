package app

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// idLength is how many hex digits name a release.
const idLength = 12

// release is what is to run, as far as it is known.
type release struct {
	root    string // workspace folder of all releases
	files   []resource.File
	command resource.Value // null, or a list of texts
	env     resource.Value // variables by name, sorted; with holes
	// hashes of the secrets in env, by source
	secrets map[string]string
}

// path is the release's folder: named by a hash of files, command and
// environment. It is not known while a variable is not.
func (r release) path() (string, bool) {
	return releasePath(r.root, filesHash(r.files), r.command, r.env, func(source string) (string, bool) {
		h, ok := r.secrets[source]
		return h, ok
	})
}

// releasePath is the one place where a release gets its name: a plan and an
// apply that name the same release must agree.
func releasePath(root, files string, command, env resource.Value, secret func(source string) (string, bool)) (string, bool) {
	env = env.Fill(func(h resource.Hole) (resource.Value, bool) {
		if !h.IsSecret() {
			return resource.Value{}, false
		}
		hash, ok := secret(h.Secret)
		return resource.String("\x00secret " + hash), ok
	})
	content := resource.Object(resource.F("files", resource.String(files)), resource.F("command", command), resource.F("env", env))
	if !content.Known() {
		return "", false
	}
	return strings.TrimSuffix(root, "/") + "/" + content.Fingerprint()[:idLength], true
}

// filesHash sums up paths and contents.
func filesHash(files []resource.File) string {
	h := sha256.New()
	for _, f := range files {
		h.Write([]byte(f.Path + "\x00" + f.SHA256 + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// secretHash lets a release's name depend on a secret without telling it: slow
// to compute, and of no use for another app or another source.
func secretHash(app, source, secret string) (string, error) {
	key, err := pbkdf2.Key(sha256.New, secret, []byte("tellr release\x00"+app+"\x00"+source), 600_000, 16)
	return hex.EncodeToString(key), err
}

// isReleasePath tells whether a folder has the name of a release.
func isReleasePath(p string) bool {
	base := p[strings.LastIndexByte(p, '/')+1:]
	return len(base) == idLength && strings.Trim(base, "0123456789abcdef") == ""
}

// environment gives the variables of a release: those that are written, and
// what the bound database adds unless it is written.
func environment(written resource.Value, database map[string]resource.Value) resource.Value {
	env := resource.Object()
	for _, f := range written.Fields() {
		if !f.Value.IsNull() {
			env = env.With(f.Name, f.Value)
		}
	}
	for name, v := range database {
		if !env.Has(name) && !v.IsNull() {
			env = env.With(name, v)
		}
	}
	return workspace.Sorted(env)
}

// databaseEnv is what an app is told of its database. schema and host may be
// holes, or null for none.
func databaseEnv(b binding, host, schema resource.Value) map[string]resource.Value {
	if b.kind == "" {
		return nil
	}
	env := map[string]resource.Value{
		"LAKEBASE_TYPE":     resource.String(b.kind),
		"LAKEBASE_INSTANCE": resource.String(b.instanceName),
		"LAKEBASE_SCHEMA":   schema,
	}
	if b.kind == autoscaling {
		env["LAKEBASE_PG_HOST"] = host
		env["LAKEBASE_ENDPOINT_NAME"] = resource.String(b.endpoint)
	}
	return env
}
