package lakebase

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"text/tabwriter"
)

// Kind is how a database is reached, and so where its tokens come from.
type Kind string

const (
	// KindAutoscaling is an endpoint of a Lakebase project. Tokens come from the API postgres.
	KindAutoscaling Kind = "autoscaling"
	// KindProvisioned is a database instance. Tokens come from the API database.
	KindProvisioned Kind = "provisioned"
	// KindUnknown is Lakebase by its host; New asks the API which of the two.
	KindUnknown Kind = "unknown"
	// KindURL is a database that DATABASE_URL or PGPASSWORD gives complete with its password: used as it is.
	KindURL Kind = "url"
	// KindLocal is the local default, where nothing was configured.
	KindLocal Kind = "local"
)

// IsLakebase is the one predicate of the package: whether logins are made with tokens.
func (k Kind) IsLakebase() bool {
	return k == KindAutoscaling || k == KindProvisioned || k == KindUnknown
}

// Setting is one value of a resolution and where it came from.
type Setting struct {
	Name   string // such as "host"
	Value  string // never a secret; empty where the API has yet to be asked
	Source string // such as "env PGHOST", "DATABASE_URL", "option", "api" or "default"
}

// Names of the settings, in the order in which Settings lists them.
const (
	settingKind     = "kind"
	settingEndpoint = "endpoint"
	settingInstance = "instance"
	settingHost     = "host"
	settingPort     = "port"
	settingDatabase = "database"
	settingUser     = "user"
	settingSchema   = "schema"
	settingApp      = "application"
	settingRootCert = "root certificates"
	settingTLS      = "tls"
)

// Resolution is what the environment says about the database, and why. It holds no secret that it shows.
type Resolution struct {
	Kind        Kind
	Endpoint    string // projects/P/branches/B/endpoints/E, of KindAutoscaling
	Instance    string // of KindProvisioned
	Host        string
	Port        uint16
	Database    string
	User        string // the Postgres role
	Schema      string // what search_path is set to; empty leaves the role's own
	Application string // application_name
	RootCert    string // file of authorities to trust instead of the system's; empty is the system's
	// Notes are remarks on what was ignored or corrected, for a person.
	Notes []string

	params  map[string]string // run-time parameters that a URL asked for
	dsn     string            // of KindURL and KindLocal; may contain a password
	sources map[string]string
}

// Settings lists every value with its source, in a fixed order. Values that do not apply are left out.
func (r *Resolution) Settings() []Setting {
	port := ""
	if r.Port != 0 {
		port = fmt.Sprint(r.Port)
	}
	tls := ""
	if r.Kind.IsLakebase() {
		tls = "verify-full"
	}
	var list []Setting
	for _, s := range []Setting{{settingKind, string(r.Kind), ""}, {settingEndpoint, r.Endpoint, ""}, {settingInstance, r.Instance, ""},
		{settingHost, r.Host, ""}, {settingPort, port, ""}, {settingDatabase, r.Database, ""}, {settingUser, r.User, ""},
		{settingSchema, r.Schema, ""}, {settingApp, r.Application, ""}, {settingRootCert, r.RootCert, ""}, {settingTLS, tls, ""}} {
		s.Source = r.sources[s.Name]
		if s.Value != "" || s.Source != "" {
			list = append(list, s)
		}
	}
	return list
}

// Source is where a setting came from, by its name in Settings; empty for one that does not apply.
func (r *Resolution) Source(name string) string { return r.sources[name] }

// Explain is the resolution for a person: a line for each setting with its source, and the notes.
func (r *Resolution) Explain() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range r.Settings() {
		value := s.Value
		if value == "" {
			value = "(asked when connecting)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, value, s.Source)
	}
	w.Flush()
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// String is the resolution on one line, without secrets.
func (r *Resolution) String() string {
	return fmt.Sprintf("%s %s@%s:%d/%s", r.Kind, url.PathEscape(r.User), r.Host, r.Port, r.Database)
}

// GoString keeps %#v from showing a URL's password.
func (r *Resolution) GoString() string { return r.String() }

// LogValue is for slog.
func (r *Resolution) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, s := range r.Settings() {
		attrs = append(attrs, slog.String(s.Name, s.Value+" ("+s.Source+")"))
	}
	return slog.GroupValue(attrs...)
}

// target names the database for messages and requests.
func (r *Resolution) target() string {
	switch {
	case r.Kind == KindAutoscaling && r.Endpoint != "":
		return r.Endpoint
	case r.Kind == KindProvisioned && r.Instance != "":
		return "instance " + r.Instance
	}
	return "host " + r.Host
}

func (r *Resolution) from(name, source string) { r.sources[name] = source }

func (r *Resolution) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}
