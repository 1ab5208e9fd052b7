package lakebase

import (
	"fmt"
	"strings"
)

// Code names a cause of failure. It is an error itself, so that a caller decides with errors.Is:
//
//	if errors.Is(err, lakebase.ErrAuthRejected) { … }
type Code string

func (c Code) Error() string { return string(c) }

// The causes that the package tells apart. Table has their meaning and cure.
const (
	ErrNoEnvironment      Code = "no_environment"
	ErrKindUnknown        Code = "kind_unknown"
	ErrInstanceMissing    Code = "instance_missing"
	ErrEndpointMalformed  Code = "endpoint_malformed"
	ErrConflict           Code = "conflict"
	ErrMintDenied         Code = "mint_denied"
	ErrMintNotFound       Code = "mint_not_found"
	ErrMintUnavailable    Code = "mint_unavailable"
	ErrClockSkew          Code = "clock_skew"
	ErrAuthRejected       Code = "auth_rejected"
	ErrTokenUndecodable   Code = "token_undecodable"
	ErrTLSRequired        Code = "tls_required"
	ErrTLSUntrusted       Code = "tls_untrusted"
	ErrHostUnknown        Code = "host_unknown"
	ErrWaking             Code = "waking"
	ErrSuspended          Code = "suspended"
	ErrTooManyConnections Code = "too_many_connections"
	ErrDatabaseMissing    Code = "database_missing"
	ErrSchemaMissing      Code = "schema_missing"
	ErrPermission         Code = "permission"
	ErrProxyLimit         Code = "proxy_limit"
	ErrProxyDraining      Code = "proxy_draining"
	ErrProxyLocalAuth     Code = "proxy_local_auth"
	ErrProtocol           Code = "protocol"
	ErrClosed             Code = "closed"
)

// Entry is a row of the table of errors: one table for the library, the CLI, the proxy and the documentation.
type Entry struct {
	Code      Code
	Meaning   string // what happened, lower case
	Detected  string // by what it is recognised
	Hint      string // what to do next
	Transient bool   // trying again later may help without anybody doing anything
}

// Table is the table of errors in the order of a connection's life: environment, token, login, use, proxy.
func Table() []Entry {
	return []Entry{
		{ErrNoEnvironment, "no database is configured", "no variable names one, or localhost refuses where nothing was configured",
			"attach the database to the app as a resource, or set DATABASE_URL, or LAKEBASE_ENDPOINT, or LAKEBASE_INSTANCE with PGHOST", false},
		{ErrKindUnknown, "the database is known by host only, and its tokens need its name", "PGHOST without endpoint or instance, and the API does not list the host",
			"add to the env of app.yaml: {name: LAKEBASE_ENDPOINT, valueFrom: postgres}, or for a provisioned instance {name: LAKEBASE_INSTANCE, value: NAME}, and deploy again", false},
		{ErrInstanceMissing, "a provisioned instance is meant and not named", "LAKEBASE_TYPE=provisioned without LAKEBASE_INSTANCE",
			"add to the env of app.yaml: {name: LAKEBASE_INSTANCE, value: NAME}, and deploy again", false},
		{ErrEndpointMalformed, "the endpoint is not a path of an endpoint", "its shape is not projects/P/branches/B/endpoints/E",
			"write projects/P/branches/B/endpoints/E; where valueFrom gives a host, the resource is a provisioned instance: set LAKEBASE_INSTANCE instead", false},
		{ErrConflict, "two settings contradict each other", "LAKEBASE_TYPE=provisioned beside an endpoint path, or a malformed setting",
			"remove one of the two", false},
		{ErrMintDenied, "the workspace refuses to issue a token", "HTTP 401 or 403, or no usable workspace credentials",
			"check the login to the workspace, for an app DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, for a person databricks auth login or DATABRICKS_TOKEN; give the service principal CAN_USE on the Lakebase project, and workspace access", false},
		{ErrMintNotFound, "the workspace does not know the database", "HTTP 404",
			"check the name; the endpoint may be deleted, or the project is autoscaling and addressed as a provisioned instance: set LAKEBASE_ENDPOINT", false},
		{ErrMintUnavailable, "the workspace's API does not answer as it should", "HTTP 429 or 5xx, timeout, network, DNS",
			"wait: tokens are fetched again as soon as the API answers; check the network if it lasts", true},
		{ErrClockSkew, "a new token is already expired by this machine's clock", "expiry against the clock and the answer's Date header",
			"set the clock of this machine", true},
		{ErrAuthRejected, "the database rejects the token", "SQLSTATE 28P01 or 28000 during login",
			"the role may not exist for this identity: SELECT databricks_create_role('ID', 'SERVICE_PRINCIPAL'); PGUSER must be the identity that fetches the token, in the same workspace", false},
		{ErrTokenUndecodable, "what was sent is not a database token", `"Failed to decode token for role"`,
			"check that LAKEBASE_INSTANCE or LAKEBASE_ENDPOINT is set and not empty; a personal access token is no password", false},
		{ErrTLSRequired, "the connection is not encrypted", `"Invalid protocol version: 196608", "connection is insecure", or the server refuses TLS`,
			"do not set sslmode=disable; check that PGHOST and PGPORT are Lakebase's and that nothing in between takes TLS away", false},
		{ErrTLSUntrusted, "the server's certificate is not trusted", "x509 errors",
			"where a company proxy signs certificates, add its authority: SSL_CERT_FILE, PGSSLROOTCERT or WithTLSConfig; check PGHOST", false},
		{ErrHostUnknown, "the host's name does not resolve", "DNS says that there is no such name",
			"check PGHOST; a private link needs its own DNS on this machine; an endpoint that was just made takes a minute to be known", true},
		{ErrWaking, "the database does not accept connections yet", "57P03, 57P01 or 08xxx during login, connection refused, cut or without an answer",
			"the compute is starting: try again in a moment; where it lasts, check PGHOST and PGPORT, and that no firewall or private link stands between", true},
		{ErrSuspended, "the database ended the session", "57P01, 57P02 or a lost connection in use",
			"scale-to-zero, restart or failover: retry the transaction; keep idle connections shorter than the suspend time", true},
		{ErrTooManyConnections, "the database has no connection left", "SQLSTATE 53300",
			"lower the pool size (replicas x pool), raise the compute size, or pool with tellr proxy --pool session", true},
		{ErrDatabaseMissing, "the database does not exist", "SQLSTATE 3D000",
			"check PGDATABASE; run tellr apply to create it", false},
		{ErrSchemaMissing, "the schema or table does not exist", "SQLSTATE 3F000 or 42P01",
			"check LAKEBASE_SCHEMA; run tellr apply to create what is missing", false},
		{ErrPermission, "the role lacks a privilege", "SQLSTATE 42501",
			"run tellr apply to renew the grants (sequences have their own); objects of another owner can only be changed by it", false},
		{ErrProxyLimit, "the proxy has as many connections as it may", "proxy", "raise --max-conns or lower the application's pool", true},
		{ErrProxyDraining, "the proxy is shutting down", "proxy", "connect again: another replica answers", true},
		{ErrProxyLocalAuth, "the proxy does not know this client", "proxy", "use the PGPASSWORD that tellr run gives to its child; for code that puts a token of its own in its place: tellr run --vars url", false},
		{ErrProtocol, "the server does not behave as Lakebase does", "an unexpected message during login",
			"check that PGHOST is a Lakebase host and not a pooler or another database", false},
		{ErrClosed, "the connector is closed", "use after Close", "create a new connector", false},
	}
}

// Lookup is the row of a code; ok is false for a code that the table lacks.
func (c Code) Lookup() (e Entry, ok bool) {
	for _, e := range Table() {
		if e.Code == c {
			return e, true
		}
	}
	return Entry{Code: c}, false
}

// Error is a failure with its cause and cure. It unwraps to what happened below, such as *pgconn.PgError, and to its
// Code. It never contains a token.
type Error struct {
	Code Code
	Op   string // what was being done, such as "log in to 1.2.3.4:5432"
	Hint string // what to do next; the table's, made concrete where something is known
	Err  error  // may be nil
}

func (e *Error) Error() string {
	entry, _ := e.Code.Lookup()
	var b strings.Builder
	b.WriteString("lakebase: ")
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(entry.Meaning)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	fmt.Fprintf(&b, " (%s)", e.Code)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause below and the code.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Err, e.Code}
}

// Transient says whether trying again later may help without anybody doing anything.
func (e *Error) Transient() bool {
	entry, _ := e.Code.Lookup()
	return entry.Transient
}

// fail makes an Error with the table's hint.
func fail(code Code, op string, err error) *Error {
	entry, _ := code.Lookup()
	return &Error{Code: code, Op: op, Hint: entry.Hint, Err: err}
}

func failf(code Code, op, format string, args ...any) *Error {
	return fail(code, op, fmt.Errorf(format, args...))
}
