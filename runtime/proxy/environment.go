package proxy

import (
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Variable is one of an environment.
type Variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Environment is what a client of the proxy needs, with the password, once the proxy has started. It names the first
// address, or the socket where there is no address.
func (p *Proxy) Environment() []Variable {
	p.mu.Lock()
	var address net.Addr
	if len(p.listeners) > 0 {
		address = p.listeners[0].Addr()
	}
	p.mu.Unlock()
	host, port, password := "", strconv.Itoa(p.opts.socketPort()), ""
	if tcp, ok := address.(*net.TCPAddr); ok {
		host, port, password = tcp.IP.String(), strconv.Itoa(tcp.Port), p.password
		if tcp.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
	} else if address != nil {
		host = filepath.Dir(address.String())
	}
	vars := []Variable{{"DATABASE_URL", p.url(host, port, password)}}
	mode, root := p.clientTLS(password != "")
	if password != "" {
		query := url.Values{"user": {p.role}, "password": {password}, "sslmode": {mode}}
		if root != "" {
			query.Set("sslrootcert", root)
		}
		vars = append(vars, Variable{"JDBC_DATABASE_URL", "jdbc:postgresql://" + net.JoinHostPort(host, port) + "/" + url.PathEscape(p.database) + "?" + query.Encode()})
	}
	vars = append(vars, Variable{"PGHOST", host}, Variable{"PGPORT", port}, Variable{"PGUSER", p.role}, Variable{"PGDATABASE", p.database})
	if password != "" {
		vars = append(vars, Variable{"PGPASSWORD", password})
	}
	if vars = append(vars, Variable{"PGSSLMODE", mode}); root != "" {
		vars = append(vars, Variable{"PGSSLROOTCERT", root})
	}
	return append(vars, Variable{"PGGSSENCMODE", "disable"}, Variable{"PGAPPNAME", p.connector.Resolution().Application})
}

// clientTLS is how clients over TCP are to encrypt, and by which file they verify the proxy: only its own certificate is
// known to be for the address that they use.
func (p *Proxy) clientTLS(tcp bool) (mode, root string) {
	switch {
	case p.tls == nil || !tcp:
		return "disable", ""
	case p.authority == nil:
		return "require", ""
	}
	return "verify-full", p.authority.file
}

// url is the address as libpq, SQLAlchemy, node-postgres and pgx read it.
func (p *Proxy) url(host, port, password string) string {
	u := url.URL{Scheme: "postgresql", User: url.User(p.role), Path: "/" + p.database}
	if strings.HasPrefix(host, "/") {
		u.RawQuery = url.Values{"host": {host}, "port": {port}, "sslmode": {"disable"}}.Encode()
		return u.String()
	}
	mode, root := p.clientTLS(true)
	query := url.Values{"sslmode": {mode}}
	if root != "" {
		query.Set("sslrootcert", root)
	}
	u.User, u.Host, u.RawQuery = url.UserPassword(p.role, password), net.JoinHostPort(host, port), query.Encode()
	return u.String()
}

// replaced are variables of the environment that lead to the database itself, or would change how the proxy is reached.
// A child keeps them under another name.
func replaced(name string) bool {
	switch name {
	case "DATABASE_URL", "JDBC_DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGPASSFILE", "PGSERVICE",
		"PGSERVICEFILE", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLNEGOTIATION", "PGGSSENCMODE", "PGCHANNELBINDING",
		"PGREQUIREAUTH", "PGTARGETSESSIONATTRS", "PGAPPNAME", "PGENDPOINT":
		return true
	}
	return strings.HasPrefix(name, "LAKEBASE_")
}

// upstreamPrefix is before the name of a variable that was replaced.
const upstreamPrefix = "TELLR_UPSTREAM_"

// childEnvironment is an environment with the proxy in place of the database.
func childEnvironment(base []string, vars []Variable) []string {
	var env, kept []string
	for _, entry := range base {
		name, value, _ := strings.Cut(entry, "=")
		if replaced(name) {
			kept = append(kept, upstreamPrefix+name+"="+value)
		} else if !strings.HasPrefix(name, upstreamPrefix) {
			env = append(env, entry)
		}
	}
	slices.Sort(kept)
	for _, v := range vars {
		env = append(env, v.Name+"="+v.Value)
	}
	return append(env, kept...)
}
