package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// state is what a shop is: its part of the workspace, its database as pg_dump
// writes it, and the ledger; without times, and identities that differ from
// one to the next.
// remembered is asked of the ledger: see [world.ledger].
func (w *world) state(id, remembered string) map[string]string {
	w.Helper()
	name := "shop-" + id
	out := map[string]string{}
	for _, path := range []string{
		"/api/2.0/database/instances/" + name, "/api/2.0/database/instances/" + name + "/roles", "/api/2.0/apps/" + name,
		"/api/2.0/permissions/apps/" + name, "/api/2.0/permissions/database-instances/" + name,
		"/api/2.0/workspace/list?path=/Workspace/Users/me@example.com/" + name,
	} {
		out[strings.ReplaceAll(path, name, "NAME")] = same(id, w.get(path))
	}
	if strings.HasPrefix(out["/api/2.0/database/instances/NAME"], "404") {
		return out
	}
	dsn, err := w.sb.Admin(name, "")
	if err != nil {
		w.Fatal(err)
	}
	out["database"] = same(id, w.dump(dsn))
	out["ledger"] = same(id, w.ledger(dsn, remembered))
	return out
}

// get reads a part of the workspace as lines of JSON.
func (w *world) get(path string) string {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, w.sb.Host()+path, nil)
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.sb.Token())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		return res.Status
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		w.Fatal(err)
	}
	pretty, err := json.MarshalIndent(timeless(v), "", " ")
	if err != nil {
		w.Fatal(err)
	}
	return string(pretty)
}

// timeless leaves out what is another in each environment, and how often
// something was tried.
func timeless(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			switch {
			case strings.HasSuffix(k, "_time") || strings.HasSuffix(k, "_id") || strings.HasSuffix(k, "_at") || strings.HasSuffix(k, "_dns") || k == "id" || k == "uid" || k == "url":
				delete(v, k)
			default:
				v[k] = timeless(x)
			}
		}
	case []any:
		for i := range v {
			v[i] = timeless(v[i])
		}
	}
	return v
}

var (
	hashes    = regexp.MustCompile(`\b[0-9a-f]{12,}\b|app-[0-9a-f]{6}\b`)
	stamps    = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*([+-]\d\d(:\d\d)?|Z)?`)
	dumpNoise = regexp.MustCompile(`(?m)^(--.*|\\(un)?restrict .*|)\n`)
)

// same makes the texts of two environments equal that differ in name only.
func same(id, text string) string {
	text = strings.ReplaceAll(text, "shop-"+id, "shop-NAME")
	text = hashes.ReplaceAllString(uuids.ReplaceAllString(text, "UUID"), "HASH")
	return stamps.ReplaceAllString(text, "TIME")
}

// dump is the database with its rows, as pg_dump of PATH writes it; "" where
// there is none that is new enough.
func (w *world) dump(dsn string) string {
	w.Helper()
	out, err := exec.Command("pg_dump", "--exclude-schema=tellr", dsn).CombinedOutput()
	if err != nil {
		if os.Getenv("CI") == "" {
			return ""
		}
		w.Fatalf("pg_dump: %v\n%s", err, out)
	}
	return dumpNoise.ReplaceAllString(string(out), "")
}

// ledger is what the ledger says of each thing that a condition selects.
// Attributes are left out: what the plan could not know yet (the role of an
// app, the server's form of an expression) stands there as in the files, and a
// plan after a crash knows more.
func (w *world) ledger(dsn, condition string) string {
	w.Helper()
	conn, err := pgx.Connect(w.Context(), dsn)
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close(w.Context()) //nolint:errcheck // only read
	var text string
	err = conn.QueryRow(w.Context(), `SELECT coalesce(string_agg((to_jsonb(o) - 'at' - 'identity' - 'run' - 'tx' - 'attrs' - 'source')::text, E'\n' ORDER BY environment, address), '') FROM tellr.object o WHERE `+condition).Scan(&text)
	if err != nil {
		w.Fatal(err)
	}
	return text
}
