package lakebase

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/common/types/duration"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/httpclient"
	"github.com/databricks/databricks-sdk-go/service/database"
	"github.com/databricks/databricks-sdk-go/service/iam"
	"github.com/databricks/databricks-sdk-go/service/postgres"
)

// maxLife is how long the platform's tokens live. [doc oltp/projects/authentication]
const maxLife = time.Hour

// workspace is the Databricks API. Its client is made at the first use, since making one asks the network.
type workspace struct {
	env   environment
	ttl   time.Duration
	wall  func() time.Time
	given *client.DatabricksClient // the program's own; never replaced

	mu      sync.Mutex
	client  *client.DatabricksClient
	answers *answers
}

func newWorkspace(o options) *workspace {
	return &workspace{env: o.env, ttl: o.ttl, wall: o.wall, given: o.client}
}

// reset drops the client and with it what it caches by time: its own workspace token.
func (w *workspace) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop()
}

func (w *workspace) drop() {
	if w.answers != nil {
		w.answers.CloseIdleConnections()
	}
	w.client, w.answers = nil, nil
}

func (w *workspace) api() (*client.DatabricksClient, error) {
	if w.given != nil {
		return w.given, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.client != nil {
		return w.client, nil
	}
	seen := &answers{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	cfg := &config.Config{HTTPTimeoutSeconds: 10, RetryTimeoutSeconds: 20, HTTPTransport: seen,
		Loaders: []config.Loader{variables{w.env}, config.ConfigFile}}
	if _, set := w.env.get("DATABRICKS_AUTH_TYPE"); set == "" {
		// Generated app.yaml files set a token beside the service principal's credentials, which the SDK refuses to choose from.
		id, _ := w.env.get("DATABRICKS_CLIENT_ID")
		secret, _ := w.env.get("DATABRICKS_CLIENT_SECRET")
		if id != "" && secret != "" {
			cfg.AuthType = "oauth-m2m"
		}
	}
	settings, err := config.HTTPClientConfigFromConfig(cfg)
	if err != nil {
		return nil, err
	}
	retriable := settings.ErrorRetriable
	settings.ErrorRetriable = func(ctx context.Context, err error) bool {
		return retryAfter(err) == 0 && retriable(ctx, err) // one that says when is waited for by the refresh
	}
	c, err := client.NewWithClient(cfg, httpclient.NewApiClient(settings))
	if err != nil {
		return nil, err
	}
	w.client, w.answers = c, seen
	return c, nil
}

// variables loads the SDK's settings from the injected environment.
type variables struct{ env environment }

func (v variables) Name() string { return "environment" }

func (v variables) Configure(cfg *config.Config) error {
	for _, a := range config.ConfigAttributes {
		if value, _ := v.env.get(a.EnvVars...); value != "" && a.IsZero(cfg) {
			if err := a.SetS(cfg, value); err != nil {
				return fmt.Errorf("%v: %w", a.EnvVars, err)
			}
		}
	}
	return nil
}

// answers remembers the date of the last answer.
type answers struct {
	*http.Transport
	mu   sync.Mutex
	date time.Time
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.Transport.RoundTrip(r)
	if err == nil {
		if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
			a.mu.Lock()
			a.date = date
			a.mu.Unlock()
		}
	}
	return response, err
}

func (w *workspace) lastDate() time.Time {
	w.mu.Lock()
	seen := w.answers
	w.mu.Unlock()
	if seen == nil {
		return time.Time{}
	}
	seen.mu.Lock()
	defer seen.mu.Unlock()
	return seen.date
}

// do asks the API. Two things are tried once more at once: a refusal of the client's own cached workspace token, which may
// have ended while the machine slept or been revoked, with a new client; and a request that was cut, as happens to
// connections that were idle for most of an hour. All requests made here may be repeated.
func (w *workspace) do(ctx context.Context, op string, ask func(*client.DatabricksClient) error) error {
	var err error
	for attempt := range 2 {
		c, made := w.api()
		if made != nil {
			return fail(codeOfMint(made), op, made)
		}
		if err = ask(c); err == nil {
			return nil
		}
		denied := codeOfMint(err) == ErrMintDenied && w.given == nil
		if ctx.Err() != nil || !denied && !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			break
		}
		if attempt == 0 && denied {
			w.mu.Lock()
			if w.client == c {
				w.drop()
			}
			w.mu.Unlock()
		}
	}
	code := codeOfMint(err)
	var answer *apierr.APIError
	if errors.As(err, &answer) {
		err = &answeredError{answer, err}
	}
	if after := retryAfter(err); after > 0 {
		err = &limitedError{err, after}
	}
	e := fail(code, op, err)
	if who, _ := w.env.get("DATABRICKS_CLIENT_ID"); code == ErrMintDenied && who != "" {
		e.Hint = "asked as " + who + "; " + e.Hint
	}
	return e
}

// answeredError adds what the SDK's text leaves out.
type answeredError struct {
	answer *apierr.APIError
	error
}

func (e *answeredError) Unwrap() error { return e.error }

func (e *answeredError) Error() string {
	text := fmt.Sprintf("HTTP %d %s", e.answer.StatusCode, e.answer.ErrorCode)
	if e.answer.Message != "" {
		text += ": " + e.answer.Message
	}
	return text
}

// limitedError says when to try again.
type limitedError struct {
	error
	after time.Duration
}

func (e *limitedError) Unwrap() error { return e.error }

// retryAfter is what the answer's Retry-After says, in seconds or as a date; 0 when nothing.
func retryAfter(err error) time.Duration {
	var api *apierr.APIError
	if !errors.As(err, &api) || api.ResponseWrapper == nil || api.ResponseWrapper.Response == nil {
		return 0
	}
	header := api.ResponseWrapper.Response.Header
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, time.Hour)
	}
	at, err := http.ParseTime(value)
	now, err2 := http.ParseTime(header.Get("Date"))
	if err != nil || err2 != nil || !at.After(now) {
		return 0
	}
	return min(at.Sub(now), time.Hour)
}

// minter fetches tokens for a database of a known kind.
func (w *workspace) minter(r *Resolution) Minter {
	return func(ctx context.Context) (Credential, error) {
		began := w.wall().Round(0)
		var c Credential
		err := w.do(ctx, "get a token for "+r.target(), func(api *client.DatabricksClient) error {
			if r.Kind == KindAutoscaling {
				request := postgres.GenerateDatabaseCredentialRequest{Endpoint: r.Endpoint}
				if w.ttl > 0 {
					request.Ttl = duration.New(w.ttl)
				}
				answer, err := postgres.NewPostgres(api).GenerateDatabaseCredential(ctx, request)
				if err != nil {
					return err
				}
				c.Secret = answer.Token
				if answer.ExpireTime != nil {
					c.Expiry = answer.ExpireTime.AsTime()
				}
				return nil
			}
			answer, err := database.NewDatabase(api).GenerateDatabaseCredential(ctx, database.GenerateDatabaseCredentialRequest{
				InstanceNames: []string{r.Instance}, RequestId: requestID()})
			if err != nil {
				return err
			}
			c.Secret = answer.Token
			if t, err := time.Parse(time.RFC3339, answer.ExpirationTime); err == nil { // may be empty
				c.Expiry = t
			}
			return nil
		})
		if err != nil {
			return Credential{}, err
		}
		c.date = w.lastDate()
		// A clock that is behind makes a token look longer-lived than tokens are.
		if latest := began.Add(maxLife); c.Expiry.IsZero() || c.Expiry.After(latest) {
			c.Expiry = latest
		}
		return c, nil
	}
}

// requestID is a UUID, which the API asks for.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// complete asks the API for what the environment does not say.
func (w *workspace) complete(ctx context.Context, r *Resolution) error {
	if !r.Kind.IsLakebase() {
		return nil
	}
	if err := w.findKind(ctx, r); err != nil {
		return err
	}
	if r.Host == "" {
		if err := w.findHost(ctx, r); err != nil {
			return err
		}
	}
	if r.User != "" {
		return nil
	}
	return w.do(ctx, "find out who this is", func(api *client.DatabricksClient) error {
		me, err := iam.NewCurrentUser(api).Me(ctx, iam.MeRequest{})
		if err == nil {
			r.User = me.UserName
			r.from(settingUser, "api: the current user")
		}
		return err
	})
}
