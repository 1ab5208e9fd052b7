package proxy

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

const scope = "github.com/tellr-dev/tellr/runtime/proxy"

// measures tell OpenTelemetry what /metrics tells Prometheus; of its API only, so that a program without an SDK pays
// nothing.
type measures struct {
	drain        metric.Float64Histogram
	registration metric.Registration
}

// attributes of the measures, by the value of Status that they tell apart.
var (
	active     = metric.WithAttributes(attribute.String("state", "active"))
	waiting    = metric.WithAttributes(attribute.String("state", "waiting"))
	idle       = metric.WithAttributes(attribute.String("state", "idle"))
	fromNew    = metric.WithAttributes(attribute.String("origin", "new"))
	fromPool   = metric.WithAttributes(attribute.String("origin", "pool"))
	toDatabase = metric.WithAttributes(attribute.String("direction", "to_database"))
	toClient   = metric.WithAttributes(attribute.String("direction", "to_client"))
)

// measure registers the measures; they end with the proxy.
func (p *Proxy) measure(provider metric.MeterProvider) error {
	meter := provider.Meter(scope)
	var errs [7]error
	unit, describe := metric.WithUnit, metric.WithDescription
	connections, e := meter.Int64ObservableUpDownCounter("lakebase.proxy.connections", unit("{connection}"), describe("Connections by state"))
	errs[0] = e
	limit, e := meter.Int64ObservableUpDownCounter("lakebase.proxy.connections.max", unit("{connection}"), describe("Clients that may have a session at the same time; 0 is no limit"))
	errs[1] = e
	sessions, e := meter.Int64ObservableCounter("lakebase.proxy.sessions", unit("{session}"), describe("Sessions given to clients, new or used before"))
	errs[2] = e
	bytes, e := meter.Int64ObservableCounter("lakebase.proxy.bytes", unit("By"), describe("Bytes passed on"))
	errs[3] = e
	rejected, e := meter.Int64ObservableCounter("lakebase.proxy.rejected", unit("{connection}"), describe("Clients refused, by cause"))
	errs[4] = e
	cancels, e := meter.Int64ObservableCounter("lakebase.proxy.cancel.requests", unit("{request}"), describe("Cancel requests of clients"))
	errs[5] = e
	p.measures.drain, errs[6] = meter.Float64Histogram("lakebase.proxy.drain.duration", unit("s"), describe("How long the end took"))
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	p.measures.registration, e = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		st := p.Status()
		o.ObserveInt64(connections, st.Active, active)
		o.ObserveInt64(connections, st.Waiting, waiting)
		o.ObserveInt64(connections, int64(st.Idle), idle)
		o.ObserveInt64(limit, int64(st.MaxConns))
		o.ObserveInt64(sessions, int64(st.Opened), fromNew)
		o.ObserveInt64(sessions, int64(st.Reused), fromPool)
		o.ObserveInt64(bytes, int64(st.Sent), toDatabase)
		o.ObserveInt64(bytes, int64(st.Received), toClient)
		for reason, n := range st.Rejected {
			o.ObserveInt64(rejected, int64(n), metric.WithAttributes(attribute.String("reason", reason)))
		}
		o.ObserveInt64(cancels, int64(st.Cancels))
		return nil
	}, connections, limit, sessions, bytes, rejected, cancels)
	return e
}

// drained tells how long the end took.
func (m *measures) drained(took time.Duration) { m.drain.Record(context.Background(), took.Seconds()) }
