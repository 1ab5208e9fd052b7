package proxy_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/tellr-dev/tellr/runtime/proxy"
)

// meters keeps what is measured, by name and attributes, in the place of an SDK.
type meters struct {
	noop.Meter
	noop.Observer
	mu        sync.Mutex
	seen      map[string]float64
	callbacks []metric.Callback
}

func (m *meters) set(name string, attributes attribute.Set, v float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range attributes.ToSlice() {
		name += fmt.Sprintf(" %s=%s", a.Key, a.Value.Emit())
	}
	m.seen[name] = v
}

type counter struct {
	noop.Int64ObservableCounter
	name string
}

type gauge struct {
	noop.Int64ObservableUpDownCounter
	name string
}

type histogram struct {
	noop.Float64Histogram
	m    *meters
	name string
}

type meterProvider struct {
	noop.MeterProvider
	m *meters
}

func (p meterProvider) Meter(string, ...metric.MeterOption) metric.Meter { return p.m }

func (m *meters) Int64ObservableCounter(name string, _ ...metric.Int64ObservableCounterOption) (metric.Int64ObservableCounter, error) {
	return counter{name: name}, nil
}

func (m *meters) Int64ObservableUpDownCounter(name string, _ ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	return gauge{name: name}, nil
}

func (m *meters) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return histogram{m: m, name: name}, nil
}

func (h histogram) Record(_ context.Context, v float64, o ...metric.RecordOption) {
	h.m.set(h.name, metric.NewRecordConfig(o).Attributes(), v)
}

func (m *meters) RegisterCallback(f metric.Callback, _ ...metric.Observable) (metric.Registration, error) {
	m.callbacks = append(m.callbacks, f)
	return registration{m: m}, nil
}

type registration struct {
	noop.Registration
	m *meters
}

func (r registration) Unregister() error { r.m.callbacks = nil; return nil }

func (m *meters) ObserveInt64(of metric.Int64Observable, v int64, o ...metric.ObserveOption) {
	name := ""
	switch of := of.(type) {
	case counter:
		name = of.name
	case gauge:
		name = of.name
	}
	m.set(name, metric.NewObserveConfig(o).Attributes(), float64(v))
}

// OpenTelemetry is told what happens, and nothing of who it happens to.
func TestMeasures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	m := &meters{seen: map[string]float64{}}
	p := w.proxy(proxy.Options{Pool: true, MaxConns: 7, Meters: meterProvider{m: m}})
	for range 2 {
		c := w.connect(dsn(p))
		must(t, c.Ping(t.Context()))
		must(t, c.Close(t.Context()))
		w.kept(p, 1)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(dsn(p), p.Password(), "wrong", 1)); err == nil {
		t.Fatal("admitted")
	}
	must(t, w.connect(dsn(p)).PgConn().CancelRequest(t.Context()))
	if !eventually(10e9, func() bool { return p.Status().Cancels == 1 }) {
		t.Fatal("no cancel request")
	}
	must(t, m.callbacks[0](t.Context(), m))
	must(t, p.Close())
	for name, want := range map[string]float64{"lakebase.proxy.connections state=active": 1, "lakebase.proxy.connections state=waiting": 0,
		"lakebase.proxy.connections state=idle": 0, "lakebase.proxy.connections.max": 7, "lakebase.proxy.sessions origin=new": 1,
		"lakebase.proxy.sessions origin=pool": 2, "lakebase.proxy.rejected reason=proxy_local_auth": 1, "lakebase.proxy.cancel.requests": 1} {
		if got, ok := m.seen[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v; there is %v", name, got, want, slices.Sorted(maps.Keys(m.seen)))
		}
	}
	for _, name := range []string{"lakebase.proxy.bytes direction=to_database", "lakebase.proxy.bytes direction=to_client", "lakebase.proxy.drain.duration"} {
		if m.seen[name] <= 0 {
			t.Errorf("%s is %v", name, m.seen[name])
		}
	}
	if len(m.callbacks) > 0 {
		t.Error("a closed proxy is measured")
	}
}
