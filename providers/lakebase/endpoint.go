package lakebase

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// Endpoint says how to reach a database of an instance: the live host, the
// caller as user, and a fresh credential for each connection, which lives an
// hour and is checked at login only. `connection` overrides any of them. An
// instance that is not there, or is only being made, is absent; one that is
// about to be ready is waited for.
func (p *Provider) Endpoint(ctx context.Context, scope resource.Scope, host resource.Address, db string, svc resource.Services) (resource.Endpoint, error) {
	w := wanted(scope, host)
	name, kind := w.Get("name").Str(), w.Get("type").Str()
	if kind == "" {
		return resource.Endpoint{}, fmt.Errorf("%s is not among the instances that were read", host)
	}
	own, err := readConnection(w.Get("connection"), svc)
	if err != nil {
		return resource.Endpoint{}, fmt.Errorf("the connection of %s: %w", host, err)
	}
	if kind == plain {
		return plainEndpoint(w.Get("url"), own, svc)
	}
	c, err := p.connect(ctx)
	if err != nil {
		return resource.Endpoint{}, err
	}
	e := resource.Endpoint{Port: defaultPort, Database: db, SSLMode: "verify-full"}
	if e.Database == "" {
		e.Database = databaseName
	}
	at, err := reach(ctx, c, kind, name)
	if err != nil {
		return resource.Endpoint{}, workspace.Explain(err, "looking for the host of "+what(kind, name), "CAN_USE on the instance")
	}
	if at == "" {
		return resource.Endpoint{Absent: true}, nil
	}
	e.Host, e.Port = splitHost(at)
	e.Password = credential(c, kind, name)
	if own.user == "" {
		if e.User, err = c.Me(ctx); err != nil {
			return resource.Endpoint{}, err
		}
	}
	own.over(&e)
	return e, nil
}

// reach gives the host of an instance that is ready; "" if there is none. An
// instance on its way is waited for, since nobody can say from outside whether
// it has data already.
func reach(ctx context.Context, c *workspace.Client, kind, name string) (string, error) {
	host := ""
	w := &resource.Wait{For: what(kind, name) + " is ready", Timeout: makeTime}
	err := c.Wait(ctx, w, nil, func(ctx context.Context) (bool, string, error) {
		if kind == provisioned {
			in, err := c.Database.GetDatabaseInstanceByName(ctx, name)
			if workspace.IsMissing(err) || err == nil && in.State == database.DatabaseInstanceStateDeleting {
				return true, "", nil
			}
			if err != nil {
				return false, "", err
			}
			if in.State == database.DatabaseInstanceStateStopped {
				return false, "", &resource.Diagnostic{Severity: resource.Error, Summary: "instance " + name + " is stopped",
					Detail: "its database cannot be read or changed",
					Cure:   "start it: databricks database update-database-instance " + name + " stopped --json '{\"stopped\": false}'"}
			}
			ready, state := instanceReady(in)
			host = in.ReadWriteDns
			return ready, state, nil
		}
		pr, err := c.Postgres.GetProject(ctx, postgres.GetProjectRequest{Name: projectPath(name)})
		if workspace.IsMissing(err) || err == nil && pr.DeleteTime != nil {
			return true, "", nil
		}
		if err != nil {
			return false, "", err
		}
		ep, err := c.Postgres.GetEndpoint(ctx, postgres.GetEndpointRequest{Name: endpointPath(name)})
		if workspace.IsMissing(err) {
			return false, "its endpoint is not there yet", nil
		}
		if err != nil {
			return false, "", err
		}
		ready, state := endpointReady(ep)
		if ready {
			host = ep.Status.Hosts.Host
		}
		return ready, state, nil
	})
	return host, err
}

func credential(c *workspace.Client, kind, name string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if kind == provisioned {
			t, err := c.Database.GenerateDatabaseCredential(ctx, database.GenerateDatabaseCredentialRequest{
				InstanceNames: []string{name}, RequestId: uuid(),
			})
			if err != nil {
				return "", workspace.Explain(err, "asking for a credential of instance "+name, "CAN_USE on the instance")
			}
			return t.Token, nil
		}
		t, err := c.Postgres.GenerateDatabaseCredential(ctx, postgres.GenerateDatabaseCredentialRequest{Endpoint: endpointPath(name)})
		if err != nil {
			return "", workspace.Explain(err, "asking for a credential of project "+name, "CAN_USE on the project")
		}
		return t.Token, nil
	}
}

// uuid makes a random UUID of version 4; the API uses it to tell a repeated
// request from a new one.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// splitHost takes a port off a host that has one, as a sandbox's has.
func splitHost(s string) (string, int) {
	h, p, err := net.SplitHostPort(s)
	if err != nil {
		return s, defaultPort
	}
	port, err := strconv.Atoi(p)
	if err != nil {
		return s, defaultPort
	}
	return h, port
}

// connection is what the files say about tellr's own connection.
type connection struct {
	host, user, password, sslmode, database string
	port                                    int
}

func readConnection(v resource.Value, svc resource.Services) (connection, error) {
	var c connection
	if v.IsNull() {
		return c, nil
	}
	v, err := workspace.Filled(v, secrets(svc))
	if err != nil {
		return c, err
	}
	port, _ := strconv.Atoi(v.Get("port").Str())
	return connection{
		host: v.Get("host").Str(), port: port, user: v.Get("user").Str(), password: v.Get("password").Str(),
		sslmode: v.Get("sslmode").Str(), database: v.Get("database").Str(),
	}, nil
}

func secrets(svc resource.Services) resource.Fill {
	return func(h resource.Hole) (resource.Value, error) {
		if !h.IsSecret() || svc.Secret == nil {
			return resource.Value{}, fmt.Errorf("%s is not known before an apply; write it as text or from a variable", h)
		}
		s, err := svc.Secret(h.Secret)
		return resource.String(s), err
	}
}

func (c connection) over(e *resource.Endpoint) {
	if c.host != "" {
		e.Host, e.Port = splitHost(c.host)
	}
	if c.port != 0 {
		e.Port = c.port
	}
	if c.user != "" {
		e.User = c.user
	}
	if c.password != "" {
		e.Password = func(context.Context) (string, error) { return c.password, nil }
	}
	if c.sslmode != "" {
		e.SSLMode = c.sslmode
	}
	if c.database != "" {
		e.Database = c.database
	}
}

// plainEndpoint is the URL as it stands, or with the connection's parts put
// into it.
func plainEndpoint(v resource.Value, own connection, svc resource.Services) (resource.Endpoint, error) {
	v, err := workspace.Filled(v, secrets(svc))
	if err != nil {
		return resource.Endpoint{}, fmt.Errorf("the URL of a plain Postgres: %w", err)
	}
	u, err := url.Parse(v.Str())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		// The error of url.Parse holds the URL, which holds a password.
		return resource.Endpoint{}, &resource.Diagnostic{Severity: resource.Error, Summary: "this is not the URL of a Postgres",
			Detail: "it cannot be read as one (it is not shown, since it may hold a password)",
			Cure:   "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with % escapes for special characters"}
	}
	e := resource.Endpoint{URL: v.Str()}
	if own != (connection{}) {
		own.intoURL(u)
		e.URL = u.String()
	}
	if len(u.Path) > 1 {
		e.Database = u.Path[1:]
	}
	return e, nil
}

func (c connection) intoURL(u *url.URL) {
	host, port := u.Hostname(), u.Port()
	if c.host != "" {
		host = c.host
		if h, p, err := net.SplitHostPort(c.host); err == nil {
			host, port = h, p
		}
	}
	if c.port != 0 {
		port = strconv.Itoa(c.port)
	}
	if u.Host = host; port != "" {
		u.Host = net.JoinHostPort(host, port)
	}
	user := u.User.Username()
	password, has := u.User.Password()
	if c.user != "" {
		user = c.user
	}
	if c.password != "" {
		password, has = c.password, true
	}
	switch {
	case has:
		u.User = url.UserPassword(user, password)
	case user != "":
		u.User = url.User(user)
	}
	if c.database != "" {
		u.Path = "/" + c.database
	}
	if c.sslmode != "" {
		q := u.Query()
		q.Set("sslmode", c.sslmode)
		u.RawQuery = q.Encode()
	}
}
