package lakebase

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Spellings of the variables that are in use, the first that is set wins. [connectors.md: the original, AppKit, app
// templates, the platform's own]
var (
	endpointVariables = [...]string{"LAKEBASE_ENDPOINT_NAME", "LAKEBASE_ENDPOINT", "PGENDPOINT", "LAKEBASE_ENDPOINT_PATH"}
	instanceVariables = [...]string{"LAKEBASE_INSTANCE", "LAKEBASE_INSTANCE_NAME"}
	hostVariables     = [...]string{"LAKEBASE_PG_HOST", "LAKEBASE_HOST", "PGHOST"}
)

// Variables are all environment variables that Resolve reads, for help texts and error messages.
func Variables() []string {
	list := []string{"DATABASE_URL", "LAKEBASE_TYPE"}
	list = append(list, endpointVariables[:]...)
	list = append(list, instanceVariables[:]...)
	list = append(list, hostVariables[:]...)
	return append(list, "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT", "PGAPPNAME",
		"LAKEBASE_SCHEMA", "DATABRICKS_CLIENT_ID", "DATABRICKS_APP_NAME")
}

// DefaultDatabase is the database that every Lakebase instance and project has.
const DefaultDatabase = "databricks_postgres"

const defaultPort = 5432

var endpointShape = regexp.MustCompile(`^projects/[^/\s]+/branches/[^/\s]+/endpoints/[^/\s]+$`)

// environment reads variables. One that is empty or holds the text None, which deployments of the original have, is
// unset.
type environment func(string) string

func (e environment) get(names ...string) (value, source string) {
	for _, name := range names {
		if v := strings.TrimSpace(e(name)); v != "" && v != "None" {
			return v, "env " + name
		}
	}
	return "", ""
}

// or is an explicit setting, or else the environment's.
func (e environment) or(explicit string, names ...string) (value, source string) {
	if explicit != "" {
		return explicit, "option"
	}
	return e.get(names...)
}

// Resolve finds the database from explicit settings and an environment. It is pure: it asks nobody, and leaves empty,
// with source "api", what New has to ask the workspace for. Order: explicit settings, DATABASE_URL, Lakebase's variables,
// the local default. The error is an *Error.
func Resolve(getenv func(string) string, explicit Config) (*Resolution, error) {
	e := environment(getenv)
	r := &Resolution{sources: map[string]string{}}
	r.common(e, explicit)
	u, source := e.or(explicit.URL, "DATABASE_URL")
	named := explicit.Endpoint != "" || explicit.Instance != "" || explicit.Host != ""
	switch {
	case u != "" && strings.HasPrefix(u, "jdbc:"):
		r.note("%s is ignored: it is a JDBC URL", source)
	case u != "" && named && explicit.URL == "":
		r.note("%s is ignored: the program names the database itself", source)
	case u != "":
		done, err := r.fromURL(e, explicit, u, source)
		if done || err != nil {
			return r, err
		}
	}
	lakebase, err := r.fromLakebase(e, explicit)
	if err != nil || lakebase {
		return r, err
	}
	return r, r.local(e, explicit)
}

// common is what holds for every kind.
func (r *Resolution) common(e environment, explicit Config) {
	set := func(to *string, name, explicit string, variables ...string) {
		var source string
		if *to, source = e.or(explicit, variables...); *to != "" {
			r.from(name, source)
		}
	}
	set(&r.Schema, settingSchema, explicit.Schema, "LAKEBASE_SCHEMA")
	set(&r.RootCert, settingRootCert, explicit.RootCert, "PGSSLROOTCERT")
	if r.RootCert == "system" { // libpq's word for the system's authorities
		r.RootCert = ""
		delete(r.sources, settingRootCert)
	}
	if set(&r.Application, settingApp, explicit.Application); r.Application != "" {
		return
	}
	if app, source := e.get("PGAPPNAME", "DATABRICKS_APP_NAME"); app != "" {
		r.Application = "tellr/" + app
		r.from(settingApp, source)
	}
}

// fromURL takes a DATABASE_URL. done is false when it named nothing.
func (r *Resolution) fromURL(e environment, explicit Config, raw, source string) (done bool, err error) {
	if strings.HasPrefix(raw, "postgres") {
		if scheme, rest, ok := strings.Cut(raw, "://"); ok && strings.Contains(scheme, "+") {
			raw = "postgresql://" + rest // SQLAlchemy's postgresql+psycopg2
		}
	}
	asIs := func(host string) (bool, error) {
		r.Kind, r.dsn, r.Host = KindURL, raw, host
		r.from(settingKind, source)
		if host != "" {
			r.from(settingHost, source)
		}
		return true, nil
	}
	if !strings.HasPrefix(raw, "postgres://") && !strings.HasPrefix(raw, "postgresql://") {
		if strings.Contains(raw, "://") {
			return true, failf(ErrConflict, "read "+source, "its scheme is not postgresql://")
		}
		return asIs("") // keyword=value
	}
	u, err := url.Parse(raw)
	if err != nil {
		return true, failf(ErrConflict, "read "+source, "it is no URL; reserved characters in user and password must be percent-encoded")
	}
	_, hasPassword := u.User.Password()
	query := u.Query()
	if hasPassword || query.Get("password") != "" || !r.isLakebaseHost(e, explicit, u.Hostname()) {
		r.User, r.Database = u.User.Username(), strings.TrimPrefix(u.Path, "/")
		if r.User != "" {
			r.from(settingUser, source)
		}
		if r.Database != "" {
			r.from(settingDatabase, source)
		}
		return asIs(u.Hostname())
	}
	r.Host, r.Port = u.Hostname(), defaultPort
	r.from(settingHost, source)
	r.from(settingPort, "default")
	if p := u.Port(); p != "" {
		if err := r.setPort(p, source); err != nil {
			return true, err
		}
	}
	r.params = map[string]string{}
	for key := range query {
		switch key {
		case "sslmode", "ssl", "sslcert", "sslkey", "sslnegotiation", "sslsni", "channel_binding", "gssencmode", "connect_timeout",
			"target_session_attrs", "user", "host", "port", "dbname":
		case "sslrootcert":
			r.RootCert = query.Get(key)
			r.from(settingRootCert, source)
		default:
			r.params[key] = query.Get(key)
		}
	}
	if mode := query.Get("sslmode"); mode != "" && mode != "verify-full" {
		r.note("sslmode=%s of %s is raised to verify-full: tokens travel over verified TLS only", mode, source)
	}
	if r.Database = strings.TrimPrefix(u.Path, "/"); r.Database != "" {
		r.from(settingDatabase, source)
	}
	if r.User = u.User.Username(); r.User != "" {
		r.from(settingUser, source)
	}
	if r.Schema != "" && r.params["options"] != "" && strings.Contains(r.params["options"], "search_path") {
		delete(r.params, "options")
		r.note("the search_path in %s is replaced by the schema from %s", source, r.sources[settingSchema])
	}
	return true, r.finish(e, explicit)
}

// fromLakebase takes the variables of Lakebase. false when they name none.
func (r *Resolution) fromLakebase(e environment, explicit Config) (bool, error) {
	endpoint, _ := e.or(explicit.Endpoint, endpointVariables[:]...)
	instance, _ := e.or(explicit.Instance, instanceVariables[:]...)
	kind, _ := e.get("LAKEBASE_TYPE")
	host, hostSource := e.or(explicit.Host, hostVariables[:]...)
	user, userSource := e.or(explicit.User, "PGUSER")
	declared := endpoint != "" || instance != "" || kind != "" || host != "" && hostSource != "env PGHOST"
	if !declared && !r.isLakebaseHost(e, explicit, host) {
		if host == "" || user == "" {
			return false, nil
		}
		_, app := e.get("DATABRICKS_APP_NAME")
		_, password := e.get("PGPASSWORD")
		if password != "" || app == "" && isLoopback(host) { // an ordinary server, or tellr run's own proxy
			r.Kind, r.Host, r.User = KindURL, host, user
			r.Database, _ = e.or(explicit.Database, "PGDATABASE")
			r.from(settingKind, hostSource)
			r.from(settingHost, hostSource)
			r.from(settingUser, userSource)
			r.dsn = keywords("host", host, "user", user, "port", first(e.get("PGPORT")), "password", first(e.get("PGPASSWORD")),
				"dbname", r.Database, "sslmode", first(e.get("PGSSLMODE")))
			return true, nil
		}
	}
	if host != "" {
		r.Host = host
		r.from(settingHost, hostSource)
		if h, p, err := net.SplitHostPort(host); err == nil { // some APIs name hosts so
			r.Host = h
			if err := r.setPort(p, hostSource); err != nil {
				return true, err
			}
		}
	}
	return true, r.finish(e, explicit)
}

// finish fills in what tokens and logins need, for a database that is Lakebase's.
func (r *Resolution) finish(e environment, explicit Config) error {
	if err := r.kind(e, explicit); err != nil {
		return err
	}
	if r.Host == "" {
		if r.Kind == KindUnknown {
			return failf(ErrNoEnvironment, "read the environment", "looked for %s", strings.Join(Variables(), ", "))
		}
		r.from(settingHost, "api")
	}
	if r.Port == 0 || explicit.Port != 0 {
		r.Port = defaultPort
		r.from(settingPort, "default")
		if p, source := e.get("PGPORT"); p != "" {
			if err := r.setPort(p, source); err != nil {
				return err
			}
		}
		if explicit.Port != 0 {
			r.Port = explicit.Port
			r.from(settingPort, "option")
		}
	}
	if r.Database == "" || explicit.Database != "" {
		var source string
		if r.Database, source = e.or(explicit.Database, "PGDATABASE"); r.Database == "" {
			r.Database, source = DefaultDatabase, "default"
		}
		r.from(settingDatabase, source)
	}
	if r.User == "" || explicit.User != "" {
		var source string
		if r.User, source = e.or(explicit.User, "PGUSER", "DATABRICKS_CLIENT_ID"); r.User == "" {
			source = "api"
		}
		r.from(settingUser, source)
	}
	if r.Application == "" {
		r.Application = "tellr"
		r.from(settingApp, "default")
	}
	r.from(settingTLS, "default")
	if mode, source := e.get("PGSSLMODE"); mode != "" {
		r.from(settingTLS, source)
		if mode != "verify-full" {
			r.note("PGSSLMODE=%s is raised to verify-full: tokens travel over verified TLS only", mode)
		}
	}
	return nil
}

// kind decides which API issues the tokens.
func (r *Resolution) kind(e environment, explicit Config) error {
	endpoint, endpointSource := e.or(explicit.Endpoint, endpointVariables[:]...)
	instance, instanceSource := e.or(explicit.Instance, instanceVariables[:]...)
	declared, declaredSource := e.get("LAKEBASE_TYPE")
	if explicit.Instance != "" && explicit.Endpoint == "" {
		endpoint, declared = "", "" // the program says what it means
	}
	switch {
	case endpoint != "":
		if !endpointShape.MatchString(endpoint) {
			return failf(ErrEndpointMalformed, "read "+endpointSource, "%q", endpoint)
		}
		if declared == "provisioned" && explicit.Endpoint == "" {
			return failf(ErrConflict, "read the environment", "LAKEBASE_TYPE is provisioned, and %s is the endpoint %s of an autoscaling project",
				strings.TrimPrefix(endpointSource, "env "), endpoint)
		}
		r.Kind, r.Endpoint = KindAutoscaling, endpoint
		r.from(settingKind, "the endpoint's shape")
		r.from(settingEndpoint, endpointSource)
		if explicit.Endpoint == "" {
			for _, name := range endpointVariables {
				if v, source := e.get(name); v != "" && v != endpoint {
					r.note("%s names another endpoint than %s and is ignored", source, endpointSource)
				}
			}
		}
	case declared == "autoscaling":
		if r.Host == "" {
			return failf(ErrKindUnknown, "read the environment", "LAKEBASE_TYPE is autoscaling, and neither %s nor %s is set",
				strings.Join(endpointVariables[:], ", "), strings.Join(hostVariables[:], ", "))
		}
		r.Kind = KindAutoscaling
		r.from(settingKind, declaredSource)
		r.from(settingEndpoint, "api")
	case instance != "":
		r.Kind, r.Instance = KindProvisioned, instance
		r.from(settingKind, "an instance is named")
		r.from(settingInstance, instanceSource)
	case declared == "provisioned":
		if r.Host == "" {
			return failf(ErrInstanceMissing, "read the environment", "LAKEBASE_TYPE is provisioned, and neither %s nor %s is set",
				strings.Join(instanceVariables[:], ", "), strings.Join(hostVariables[:], ", "))
		}
		r.Kind = KindProvisioned
		r.from(settingKind, declaredSource)
		r.from(settingInstance, "api")
	default:
		if declared != "" {
			r.note("LAKEBASE_TYPE=%s is ignored: it is neither autoscaling nor provisioned", declared)
		}
		r.Kind = KindUnknown
		r.from(settingKind, "api")
	}
	return nil
}

// local is what is left when nothing names a database.
func (r *Resolution) local(e environment, explicit Config) error {
	if app, _ := e.get("DATABRICKS_APP_NAME"); app != "" {
		return failf(ErrNoEnvironment, "read the environment of app "+app, "looked for %s", strings.Join(Variables(), ", "))
	}
	r.Kind, r.Host, r.Port = KindLocal, "localhost", defaultPort
	var source string
	if r.Database, source = e.or(explicit.LocalDatabase, "PGDATABASE"); r.Database == "" {
		r.Database, source = "postgres", "default"
	}
	r.from(settingKind, "default: nothing names a database")
	r.from(settingHost, "default")
	r.from(settingPort, "default")
	r.from(settingDatabase, source)
	r.dsn = "postgresql://localhost/" + url.PathEscape(r.Database)
	return nil
}

// isLakebaseHost recognises hosts of Lakebase: by name, or because Lakebase's variables or the program name the same one.
func (r *Resolution) isLakebaseHost(e environment, explicit Config, host string) bool {
	if host == "" {
		return false
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	for _, domain := range [...]string{".databricks.com", ".azuredatabricks.net", ".databricks.us", ".databricks.mil", ".databricks.azure.cn"} {
		if strings.HasSuffix(name, domain) && strings.Contains(name, ".database.") {
			return true
		}
	}
	endpoint, _ := e.or(explicit.Endpoint, endpointVariables[:]...)
	instance, _ := e.or(explicit.Instance, instanceVariables[:]...)
	for _, variable := range hostVariables {
		if v, _ := e.get(variable); v == host && (variable != "PGHOST" || endpoint != "" || instance != "") {
			return true
		}
	}
	return explicit.Host == host
}

func (r *Resolution) setPort(text, source string) error {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return failf(ErrConflict, "read "+source, "%q is no port", text)
	}
	r.Port = uint16(port)
	r.from(settingPort, source)
	return nil
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1" || strings.HasPrefix(host, "/")
}

func first(value, _ string) string { return value }

// keywords writes a libpq connection string, without the settings that are empty.
func keywords(pairs ...string) string {
	var parts []string
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, pairs[i]+"='"+quote.Replace(pairs[i+1])+"'")
		}
	}
	return strings.Join(parts, " ")
}

func portText(port uint16) string { return strconv.FormatUint(uint64(port), 10) }
