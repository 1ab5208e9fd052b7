package lakebase_test

import (
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// What logging in for pgx costs, beside pgx with a password of its own: both over TLS, to the same server.
func BenchmarkConnect(b *testing.B) {
	g := newGateway(b, func(g *gateway, _ int, conn net.Conn) {
		if in, _ := g.open(conn); in != nil {
			ask(in)
			admit(in)
			answer(in)
		}
	})
	c := g.connector(b, &issuer{life: time.Hour})
	cfg, err := c.PoolConfig()
	if err != nil {
		b.Fatal(err)
	}
	plain := cfg.ConnConfig.Copy()
	plain.AfterNetConnect, plain.Password = nil, "secret-1"
	run := func(prepare func() *pgx.ConnConfig) func(b *testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				conn, err := pgx.ConnectConfig(b.Context(), prepare())
				if err != nil {
					b.Fatal(err)
				}
				conn.Close(b.Context())
			}
		}
	}
	b.Run("token", run(func() *pgx.ConnConfig {
		cc := cfg.ConnConfig.Copy()
		if err := cfg.BeforeConnect(b.Context(), cc); err != nil {
			b.Fatal(err)
		}
		return cc
	}))
	b.Run("password", run(plain.Copy))
}
