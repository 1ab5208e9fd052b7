package lakebase_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// meters records what is measured, as "name attributes", in the place of an SDK.
type meters struct {
	noop.Meter
	mu        sync.Mutex
	lines     []string
	callbacks []metric.Callback
}

type meterProvider struct {
	noop.MeterProvider
	m *meters
}

func (p meterProvider) Meter(string, ...metric.MeterOption) metric.Meter { return p.m }

func (m *meters) add(name string, attributes fmt.Stringer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, name+" "+attributes.String())
}

type counter struct {
	noop.Int64Counter
	m    *meters
	name string
}

func (c counter) Add(_ context.Context, _ int64, o ...metric.AddOption) {
	c.m.add(c.name, encoded{metric.NewAddConfig(o).Attributes()})
}

type histogram struct {
	noop.Float64Histogram
	m    *meters
	name string
}

func (h histogram) Record(_ context.Context, _ float64, o ...metric.RecordOption) {
	h.m.add(h.name, encoded{metric.NewRecordConfig(o).Attributes()})
}

func (m *meters) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{m: m, name: name}, nil
}

func (m *meters) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return histogram{m: m, name: name}, nil
}

func (m *meters) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.callbacks = append(m.callbacks, f)
	return registration{m: m, n: len(m.callbacks) - 1}, nil
}

type registration struct {
	noop.Registration
	m *meters
	n int
}

func (r registration) Unregister() error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.m.callbacks[r.n] = nil
	return nil
}

type encoded struct{ set attribute.Set }

func (e encoded) String() string {
	var b []string
	for _, a := range e.set.ToSlice() {
		b = append(b, string(a.Key)+"="+a.Value.Emit())
	}
	return strings.Join(b, " ")
}

// spans records names of spans.
type spans struct {
	tracenoop.Tracer
	mu    sync.Mutex
	names []string
}

type tracerProvider struct {
	tracenoop.TracerProvider
	s *spans
}

func (p tracerProvider) Tracer(string, ...trace.TracerOption) trace.Tracer { return p.s }

func (s *spans) Start(ctx context.Context, name string, o ...trace.SpanStartOption) (context.Context, trace.Span) {
	s.mu.Lock()
	s.names = append(s.names, name)
	s.mu.Unlock()
	return s.Tracer.Start(ctx, name, o...)
}

func TestMeasurements(t *testing.T) {
	g := newGateway(t, func(g *gateway, n int, conn net.Conn) {
		in, _ := g.open(conn)
		if in == nil {
			return
		}
		ask(in)
		switch n {
		case 0:
			refuse(in, "57P03", "starting")
		case 1:
			refuse(in, "28P01", "no")
		case 3:
			refuse(in, "3D000", "no such database")
		default:
			admit(in)
			answer(in)
		}
	})
	m, s := &meters{}, &spans{}
	failures := 2
	mint := func(context.Context) (lakebase.Credential, error) {
		if failures--; failures >= 0 {
			return lakebase.Credential{}, &lakebase.Error{Code: lakebase.ErrMintUnavailable}
		}
		return lakebase.Credential{Secret: "canary"}, nil
	}
	c := g.connector(t, &issuer{}, lakebase.WithMinter(mint), lakebase.WithMeterProvider(meterProvider{m: m}), lakebase.WithTracerProvider(tracerProvider{s: s}))
	must(t, connect(t, c))
	if err := connect(t, c); !errors.Is(err, lakebase.ErrDatabaseMissing) {
		t.Error(err)
	}
	m.mu.Lock()
	lines, callbacks := slices.Clone(m.lines), len(m.callbacks)
	m.mu.Unlock()
	for _, want := range []string{
		"lakebase.token.refresh.failures code=mint_unavailable",
		"lakebase.token.refresh.duration outcome=error",
		"lakebase.token.refresh.duration outcome=ok",
		"lakebase.connect.retries reason=token",
		"lakebase.connect.retries reason=waking",
		"lakebase.connect.retries reason=rejected",
		"lakebase.connect.duration outcome=ok sqlstate=",
		"lakebase.connect.duration outcome=database_missing sqlstate=3D000",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not measured: %q", want, lines)
		}
	}
	if callbacks != 3 || !slices.Contains(s.names, "lakebase.token.refresh") || !slices.Contains(s.names, "lakebase.connect") {
		t.Errorf("%d observations, spans %v", callbacks, s.names)
	}
	if strings.Contains(strings.Join(lines, " "), "canary") {
		t.Errorf("%q", lines)
	}
	must(t, c.Close())
	for n, f := range m.callbacks {
		if f != nil {
			t.Errorf("observation %d outlives the connector", n)
		}
	}
}

// An outage is told once when it begins to matter, once when it hurts, and once when it is over.
func TestTransitionsAreLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out syncBuffer
		i := &issuer{life: time.Hour, fault: outage(time.Now(), time.Minute, 80*time.Minute, errDown)}
		c := connector(t, i, lakebase.WithLogger(slog.New(slog.NewJSONHandler(&out, nil))))
		use(t, c, time.Second, 100*time.Minute)
		var got []string
		for line := range strings.Lines(out.String()) {
			var entry struct{ Level, Msg string }
			must(t, json.Unmarshal([]byte(line), &entry))
			got = append(got, entry.Level+" "+strings.TrimPrefix(entry.Msg, "lakebase: "))
		}
		want := []string{"INFO token is fresh", "WARN token cannot be replaced yet", "ERROR there is no valid token", "INFO token is fresh"}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if strings.Contains(out.String(), "secret-") {
			t.Error(out.String())
		}
	})
}

func TestPrintingShowsNoSecret(t *testing.T) {
	c := connector(t, &issuer{life: time.Hour})
	token, err := c.Token(t.Context())
	must(t, err)
	raw, err := json.Marshal(map[string]any{"token": token, "status": c.Status()})
	must(t, err)
	credential := lakebase.Credential{Secret: token.Secret()}
	for _, shown := range []string{fmt.Sprint(token, &token), fmt.Sprintf("%v %+v %#v %s %q %x %d", token, token, token, token, token, token, token),
		string(raw), token.LogValue().String(), fmt.Sprintf("%v %+v %#v %s %x", credential, credential, credential, credential, credential),
		fmt.Sprintf("%+v", struct{ T lakebase.Token }{token}), credential.LogValue().String()} {
		if strings.Contains(shown, "secret") || strings.Contains(shown, fmt.Sprintf("%x", "secret")) {
			t.Error(shown)
		}
	}
	if token.Secret() != "secret-1" {
		t.Error("and yet it is there")
	}
}

func TestExplain(t *testing.T) {
	pg := func(code, message string) error {
		return fmt.Errorf("query: %w", &pgconn.PgError{Severity: "ERROR", Code: code, Message: message})
	}
	for _, c := range []struct {
		err  error
		want lakebase.Code
	}{
		{pg("57P01", "terminating connection"), lakebase.ErrSuspended},
		{pg("42P01", "relation does not exist"), lakebase.ErrSchemaMissing},
		{pg("3F000", "no schema has been selected to create in"), lakebase.ErrSchemaMissing},
		{pg("42501", "permission denied for sequence"), lakebase.ErrPermission},
		{pg("53300", "too many"), lakebase.ErrTooManyConnections},
		{pg("3D000", "no database"), lakebase.ErrDatabaseMissing},
		{pg("28P01", `Failed to decode token for role "x"`), lakebase.ErrTokenUndecodable},
		{pg("08P01", "Invalid protocol version: 196608"), lakebase.ErrTLSRequired},
		{pg("42601", "syntax error"), ""},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), lakebase.ErrSuspended},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, lakebase.ErrWaking},
		{context.Canceled, ""},
		{errors.New("other"), ""},
		{fmt.Errorf("wrapped: %w", &lakebase.Error{Code: lakebase.ErrConflict}), lakebase.ErrConflict},
	} {
		e := lakebase.Explain(c.err)
		if e == nil && c.want != "" || e != nil && e.Code != c.want {
			t.Errorf("%v: %v, want %q", c.err, e, c.want)
		}
		if e != nil && !errors.Is(e, c.err) && !errors.Is(c.err, e) {
			t.Errorf("%v loses what happened", e)
		}
	}
	// localhost refuses where nothing was configured
	c, err := lakebase.New(t.Context(), lakebase.WithEnv(func(string) string { return "" }))
	must(t, err)
	cfg, err := c.PoolConfig()
	must(t, err)
	_, err = cfg.ConnConfig.DialFunc(t.Context(), "tcp", "127.0.0.1:1")
	if !errors.Is(err, lakebase.ErrNoEnvironment) {
		t.Error(err)
	}
	if _, err := c.Token(t.Context()); !errors.Is(err, lakebase.ErrConflict) {
		t.Error(err)
	}
	if st := c.Status(); st.Kind != lakebase.KindLocal || !st.State.Ready() {
		t.Errorf("%+v", st)
	}
}

// The variables of the process are not the injected ones: they must not find their way in.
func TestProcessEnvironmentStaysOut(t *testing.T) {
	for name, value := range map[string]string{"PGPASSWORD": "canary", "PGREQUIREAUTH": "scram-sha-256", "PGAPPNAME": "other", "PGOPTIONS": "-csearch_path=x",
		"PGTARGETSESSIONATTRS": "read-only", "PGSSLMODE": "disable", "PGHOST": "elsewhere", "PGCHANNELBINDING": "require"} {
		t.Setenv(name, value)
	}
	g := newGateway(t, func(g *gateway, _ int, conn net.Conn) {
		in, params := g.open(conn)
		if in == nil {
			return
		}
		if p := ask(in); p != "secret-1" || len(params) != 4 || params["application_name"] != "tellr" {
			refuse(in, "42501", fmt.Sprint(p, params))
			return
		}
		admit(in)
		answer(in)
	})
	must(t, connect(t, g.connector(t, &issuer{life: time.Hour})))
}

func TestOpenEndsWithThePool(t *testing.T) {
	g := newGateway(t, func(g *gateway, _ int, conn net.Conn) {
		if in, _ := g.open(conn); in != nil {
			ask(in)
			admit(in)
			answer(in)
		}
	})
	addr := g.Addr().(*net.TCPAddr)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	pool, err := lakebase.Open(ctx, lakebase.WithEnv(func(string) string { return "" }), lakebase.WithMinter((&issuer{life: time.Hour}).mint),
		lakebase.WithConfig(lakebase.Config{Host: "127.0.0.1", Port: uint16(addr.Port), User: "app", RootCert: writePEM(t, g)}))
	must(t, err)
	must(t, pool.Ping(ctx))
	pool.Close()
	if left := leaks(10*time.Second, "jackc/pgx", "lakebase.(*source)"); left != "" {
		t.Error(left)
	}
}
