package workspace

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/apps"
	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/postgres"
	"github.com/databricks/databricks-sdk-go/useragent"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Options say which workspace and how to log in. With neither a profile nor a
// host the SDK's own chain decides: DATABRICKS_HOST, ~/.databrickscfg and so on.
type Options struct {
	Profile string
	Host    string
	Token   string // for tests; a user's token comes from the SDK's chain
	Version string // of tellr, for the user agent
	Clock   Clock
}

// Connect gives the client of the workspace. It is called only when something
// of the workspace is wanted, so that a plain Postgres needs no login.
type Connect func(context.Context) (*Client, error)

// Connector gives a [Connect] that builds the client at its first call, and
// the same one, or the same error, ever after.
func Connector(o Options) Connect {
	var once sync.Once
	var c *Client
	var err error
	return func(ctx context.Context) (*Client, error) {
		once.Do(func() { c, err = connect(ctx, o) })
		return c, err
	}
}

// Client speaks to one workspace.
type Client struct {
	Apps     apps.AppsInterface
	Database database.DatabaseInterface
	Postgres postgres.PostgresInterface

	api   *client.DatabricksClient
	users iam.CurrentUserInterface
	clock Clock

	meOnce sync.Once
	me     string
	meErr  error
}

func connect(ctx context.Context, o Options) (*Client, error) {
	setProduct(o.Version)
	cfg := &config.Config{Profile: o.Profile, Host: o.Host, Token: o.Token}
	r := &reach{cfg: cfg}
	cfg.HostMetadataResolver = r.resolve
	api, err := client.New(cfg)
	if r.err != nil {
		return nil, Explain(&Unreachable{Host: cfg.Host, Err: r.err}, "connecting to the workspace", "")
	}
	if err != nil {
		return nil, Explain(err, "connecting to the workspace", "")
	}
	if cfg.Host == "" {
		return nil, Explain(errNoHost, "connecting to the workspace", "")
	}
	return New(api, o.Clock), nil
}

// New makes a client of an SDK client.
func New(api *client.DatabricksClient, clock Clock) *Client {
	return &Client{
		Apps:     apps.NewApps(api),
		Database: database.NewDatabase(api),
		Postgres: postgres.NewPostgres(api),
		users:    iam.NewCurrentUser(api),
		api:      api,
		clock:    clock.orReal(),
	}
}

// Host is the workspace's URL.
func (c *Client) Host() string { return strings.TrimSuffix(c.api.Config.Host, "/") }

// Scope is a scope with the workspace as its identity; the error says that the
// scope is about another one. A host that serves several workspaces is told
// apart by their number.
func (c *Client) Scope(s resource.Scope) (resource.Scope, error) {
	identity := c.Host()
	if id := c.api.Config.WorkspaceID; id != "" {
		identity += " (" + id + ")"
	}
	err := s.Meets(identity)
	s.Identity = identity
	return s, err
}

// Me is the name of who is logged in: an e-mail address, or a service
// principal's application id. It is also the name of their Postgres role.
func (c *Client) Me(ctx context.Context) (string, error) {
	c.meOnce.Do(func() {
		u, err := c.users.Me(ctx, iam.MeRequest{})
		if err != nil {
			c.meErr = Explain(err, "asking who is logged in", "")
			return
		}
		c.me = u.UserName
	})
	return c.me, c.meErr
}

// product guards the SDK's one user agent, which may be set only once and
// panics on a version that is not semantic.
var product sync.Once

var semver = regexp.MustCompile(`^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$`)

func setProduct(version string) {
	product.Do(func() {
		v := "0.0.0-dev"
		if m := semver.FindStringSubmatch(version); m != nil {
			v = m[1]
		}
		useragent.WithProduct("tellr", v)
	})
}

// reach asks the host for its metadata, as the SDK does at start, but without
// the SDK's five minutes of retries: a host that does not answer is said to be
// so at once. It also keeps the SDK from warning on stderr.
type reach struct {
	cfg *config.Config
	err error
}

func (r *reach) resolve(ctx context.Context, host string) (*config.HostMetadata, error) {
	meta := &config.HostMetadata{}
	transport := r.cfg.HTTPTransport
	if transport == nil {
		if r.cfg.InsecureSkipVerify {
			return nil, nil
		}
		transport = http.DefaultTransport
	}
	c := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	var err error
	for try := range 2 {
		if try > 0 {
			time.Sleep(500 * time.Millisecond)
		}
		var req *http.Request
		if req, err = http.NewRequestWithContext(ctx, http.MethodGet, host+"/.well-known/databricks-config", nil); err != nil {
			break
		}
		var res *http.Response
		if res, err = c.Do(req); err != nil {
			continue
		}
		if res.StatusCode == http.StatusOK {
			_ = json.NewDecoder(res.Body).Decode(meta) // not there on every host, and not needed
		}
		res.Body.Close()
		break
	}
	if err != nil {
		r.err = err
		return nil, nil
	}
	if meta.OIDCEndpoint == "" {
		meta.OIDCEndpoint = host + "/oidc"
	}
	return meta, nil
}

// Unreachable says that a host does not answer.
type Unreachable struct {
	Host string
	Err  error
}

func (e *Unreachable) Error() string { return fmt.Sprintf("cannot reach %s: %v", e.Host, e.Err) }

// Unwrap gives the cause.
func (e *Unreachable) Unwrap() error { return e.Err }
