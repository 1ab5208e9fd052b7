package lakebase

import (
	"context"
	"time"
	"weak"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/tellr-dev/tellr/runtime/lakebase"

// instruments are what is measured. Attributes are codes and counts: never SQL, never a token.
type instruments struct {
	meter   metric.Meter
	tracer  trace.Tracer
	refresh metric.Float64Histogram
	failed  metric.Int64Counter
	connect metric.Float64Histogram
	retried metric.Int64Counter
}

func newInstruments(o options) (*instruments, error) {
	m := &instruments{meter: o.meters.Meter(scope), tracer: o.tracers.Tracer(scope)}
	var errs [4]error
	m.refresh, errs[0] = m.meter.Float64Histogram("lakebase.token.refresh.duration", metric.WithUnit("s"),
		metric.WithDescription("Requests for a database token"))
	m.failed, errs[1] = m.meter.Int64Counter("lakebase.token.refresh.failures", metric.WithUnit("{request}"),
		metric.WithDescription("Requests for a database token that failed"))
	m.connect, errs[2] = m.meter.Float64Histogram("lakebase.connect.duration", metric.WithUnit("s"),
		metric.WithDescription("Logins to the database, with what was tried again"))
	m.retried, errs[3] = m.meter.Int64Counter("lakebase.connect.retries", metric.WithUnit("{retry}"),
		metric.WithDescription("Connections tried again"))
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *instruments) refreshed(d time.Duration, err *Error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
		m.failed.Add(context.Background(), 1, metric.WithAttributes(attribute.String("code", string(err.Code))))
	}
	m.refresh.Record(context.Background(), d.Seconds(), metric.WithAttributes(attribute.String("outcome", outcome)))
}

func (m *instruments) connected(d time.Duration, err *Error, sqlstate string) {
	outcome := "ok"
	if err != nil {
		outcome = string(err.Code)
	}
	m.connect.Record(context.Background(), d.Seconds(), metric.WithAttributes(attribute.String("outcome", outcome), attribute.String("sqlstate", sqlstate)))
}

func (m *instruments) again(reason string) {
	m.retried.Add(context.Background(), 1, metric.WithAttributes(attribute.String("reason", reason)))
}

func (m *instruments) startSpan(ctx context.Context, name string) (context.Context, trace.Span) {
	return m.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient))
}

func endSpan(span trace.Span, err *Error) {
	if err != nil {
		span.SetStatus(codes.Error, string(err.Code))
		span.SetAttributes(attribute.String("lakebase.code", string(err.Code)))
	}
	span.End()
}

// watchToken reports the current token. The registration ends with the connector.
func (m *instruments) watchToken(s *source) (metric.Registration, error) {
	remaining, err := m.meter.Float64ObservableGauge("lakebase.token.remaining", metric.WithUnit("s"),
		metric.WithDescription("Time until the current token runs out; negative after"))
	if err != nil {
		return nil, err
	}
	generation, err := m.meter.Int64ObservableGauge("lakebase.token.generation", metric.WithUnit("{token}"),
		metric.WithDescription("Tokens of this connector so far"))
	if err != nil {
		return nil, err
	}
	return m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if h := s.current.Load(); h != nil {
			o.ObserveFloat64(remaining, h.expiry.Sub(s.wall().Round(0)).Seconds())
			o.ObserveInt64(generation, int64(h.generation))
		}
		return nil
	}, remaining, generation)
}

// watchPool reports a pool, for as long as somebody else holds it.
func (m *instruments) watchPool(pool *pgxpool.Pool, name string) (metric.Registration, error) {
	count, err := m.meter.Int64ObservableUpDownCounter("db.client.connection.count", metric.WithUnit("{connection}"),
		metric.WithDescription("Connections by state"))
	if err != nil {
		return nil, err
	}
	limit, err := m.meter.Int64ObservableUpDownCounter("db.client.connection.max", metric.WithUnit("{connection}"),
		metric.WithDescription("The most connections that the pool opens"))
	if err != nil {
		return nil, err
	}
	waited, err := m.meter.Float64ObservableCounter("db.client.connection.wait_time", metric.WithUnit("s"),
		metric.WithDescription("Time that callers waited for a connection, in all"))
	if err != nil {
		return nil, err
	}
	held := weak.Make(pool)
	of := attribute.String("db.client.connection.pool.name", name)
	idle := metric.WithAttributes(of, attribute.String("db.client.connection.state", "idle"))
	used := metric.WithAttributes(of, attribute.String("db.client.connection.state", "used"))
	return m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if p := held.Value(); p != nil {
			stat := p.Stat()
			o.ObserveInt64(count, int64(stat.IdleConns()), idle)
			o.ObserveInt64(count, int64(stat.AcquiredConns()), used)
			o.ObserveInt64(limit, int64(stat.MaxConns()), metric.WithAttributes(of))
			o.ObserveFloat64(waited, stat.AcquireDuration().Seconds(), metric.WithAttributes(of))
		}
		return nil
	}, count, limit, waited)
}
