package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Health answers GET /livez, /readyz (with ?deep=1 by a login, which wakes a suspended compute) and /metrics. It holds no
// secret and changes nothing. Requests for another host than loopback are refused: a web page that a name leads here
// must not read it.
func (p *Proxy) Health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", p.ready)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = p.Status().WriteMetrics(w) // whoever asked is gone
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			http.Error(w, "this is for loopback only", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (p *Proxy) ready(w http.ResponseWriter, r *http.Request) {
	st := p.Status()
	if st.Ready && r.URL.Query().Get("deep") == "1" {
		if err := p.Probe(r.Context()); err != nil {
			st.Ready, st.Reason = false, err.Error()
		}
	}
	if !st.Ready {
		http.Error(w, st.Reason, http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// Probe logs in and out.
func (p *Proxy) Probe(ctx context.Context) error {
	s := startup{protocol: 3 << 16}
	s.rewrite(p.role, p.database, p.defaults)
	u, err := p.connect(ctx, s)
	if err != nil {
		return err
	}
	u.close()
	return nil
}

// Control answers what only the same user may ask, over a Unix socket: Health, GET /status, GET /environment, which has
// the password, and POST /stop, which calls stop.
func (p *Proxy) Control(stop func()) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /", p.Health())
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.Status()) })
	mux.HandleFunc("GET /environment", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.Environment()) })
	mux.HandleFunc("POST /stop", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, p.Status())
		stop()
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever asked is gone
}

// ListenControl opens the socket for Control.
func ListenControl(ctx context.Context, path string) (net.Listener, error) {
	l, err := listenSocket(ctx, path)
	if err != nil {
		return nil, err
	}
	return &ownListener{l}, nil
}

// ListenHealth opens an address of loopback for Health.
func ListenHealth(ctx context.Context, address string) (net.Listener, error) {
	list, err := listenTCP(ctx, address, false)
	if err != nil {
		return nil, err
	}
	for _, l := range list[1:] { // of localhost
		l.Close()
	}
	return list[0], nil
}

// ownListener accepts connections of the same user only.
type ownListener struct{ net.Listener }

func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || samePeer(conn) == nil {
			return conn, err
		}
		conn.Close()
	}
}

// NewServer makes a server for Health or Control, with bounds for clients that dawdle.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
}

// loopback says whether a Host header names this machine.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	if len(host) > 2 && host[0] == '[' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
