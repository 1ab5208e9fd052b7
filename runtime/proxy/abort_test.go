package proxy_test

import (
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/tellr-dev/tellr/runtime/proxy"
	"github.com/tellr-dev/tellr/sandbox"
)

// resources are what the process holds.
type resources struct {
	goroutines, files int
	heap              uint64
}

func held() (r resources) {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	r.heap, r.goroutines = m.HeapAlloc, runtime.NumGoroutine()
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.files = len(list)
	}
	return r
}

// Thousands of connections that end at every byte of the protocol, by a close and by a reset, from either side, leave
// nothing behind: no goroutine, no socket, no memory.
func TestAbortedConnectionsLeaveNothing(t *testing.T) {
	w := newWorld(t, 0)
	for name, o := range map[string]proxy.Options{"no pool": {MaxConns: 8, Queue: time.Minute}, "pool": {Pool: true, MaxConns: 8, Queue: time.Minute, IdleTime: 200 * time.Millisecond},
		"TLS": {LocalTLS: true}} {
		t.Run(name, func(t *testing.T) {
			o.Log = nil
			o.Listen = []string{"127.0.0.1:0"}
			p, err := proxy.New(w.connector(), o)
			must(t, err)
			must(t, p.Start(t.Context()))
			defer p.Close()
			said := conversationBytes(t, p)
			login := len(said) - 6 - 18 // from here on a session is made, which takes its time
			must(t, w.connect(dsn(p)).Close(t.Context()))
			quiet := func() bool { st := p.Status(); return st.Active == 0 && st.Waiting == 0 && st.Idle == 0 }
			abort := func(from, to, rounds int) (n int) {
				var all sync.WaitGroup
				gate := make(chan struct{}, 16)
				for round := range rounds {
					for i := from; i < to; i++ {
						n++
						gate <- struct{}{}
						all.Go(func() {
							defer func() { <-gate }()
							conn, err := net.Dial("tcp", address(p))
							if err != nil {
								t.Error(err)
								return
							}
							conn.Write(said[:i])
							if round%2 == 1 {
								conn.(*net.TCPConn).SetLinger(0)
							}
							conn.Close()
						})
					}
				}
				all.Wait()
				return n
			}
			abort(0, len(said), 1)
			if !eventually(20*time.Second, quiet) {
				t.Fatalf("%+v", p.Status())
			}
			before := held()
			n := abort(0, login, 2500/login)
			n += abort(login, len(said)+1, 8)
			for after := int64(1); after < 120; after += 7 { // the server's side
				must(t, w.ArmGateway(sandbox.GatewayFault{DropAfterBytes: after}))
				if c, err := pgx.Connect(t.Context(), dsn(p, "application_name=dropped")); err == nil {
					c.Exec(t.Context(), "SELECT repeat('x', 1000)")
					c.Close(t.Context())
				}
				w.Disarm()
				n++
			}
			var now resources
			if !eventually(30*time.Second, func() bool {
				now = held()
				return quiet() && now.goroutines <= before.goroutines+4 && now.files <= before.files+8
			}) {
				buf := make([]byte, 1<<20)
				t.Errorf("after %d connections %+v, before %+v\n%s", n, now, before, buf[:runtime.Stack(buf, true)])
			}
			if n < 2500 || now.heap > before.heap+8<<20 {
				t.Errorf("%d connections: %d bytes, before %d", n, now.heap, before.heap)
			}
			must(t, p.Close())
			if left := leaks(10*time.Second, "tellr/runtime/proxy"); strings.Contains(left, "proxy.(*client)") {
				t.Error(left)
			}
			t.Logf("%d connections; before %+v, now %+v", n, before, now)
		})
	}
}

// conversationBytes is all that a client says who asks for TLS, logs in, runs a statement and leaves.
func conversationBytes(t *testing.T, p *proxy.Proxy) []byte {
	said := []byte{0, 0, 0, 8, 4, 210, 22, 47} // SSLRequest
	said = append(said, startupPacket...)
	for _, m := range []pgproto3.FrontendMessage{&pgproto3.PasswordMessage{Password: p.Password()}, &pgproto3.Query{String: "SELECT 'abort'"}, &pgproto3.Terminate{}} {
		var err error
		said, err = m.Encode(said)
		must(t, err)
	}
	return said
}
