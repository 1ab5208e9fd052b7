package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tellr-dev/tellr/sandbox/cluster"
)

// route is a way to the same Postgres.
type route struct {
	name string
	env  []string // of a client
	pid  int      // of what stands between; 0 is nothing
}

// figures are one route's, by measurement.
type figures struct{ c1, c8, cpu, connects, connectCPU, copied []float64 }

const (
	proxyRole, proxyPassword = "bench", "a-token-of-the-bench"
	proxySeconds             = 3
	warmSeconds              = 2 // a new session of Postgres is slow at first, and pgbouncer's are not new
)

// proxy is tellr proxy against the same Postgres without it and, where it is installed, pgbouncer: over TLS, with a
// password, as Lakebase is reached.
func (b *bench) proxy(ctx context.Context) error {
	for _, program := range []string{"pgbench", "psql"} {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Printf("proxy: skipped: there is no %s\n\n", program)
			return nil
		}
	}
	pg, host, ca, err := b.tlsServer(ctx)
	if err != nil {
		return err
	}
	defer pg.Close() //nolint:errcheck // a temporary cluster
	direct := route{name: "direct, TLS", env: []string{"PGHOST=" + host, "PGPORT=5432", "PGUSER=" + proxyRole, "PGPASSWORD=" + proxyPassword,
		"PGDATABASE=postgres", "PGSSLMODE=verify-full", "PGSSLROOTCERT=" + ca}}
	if _, err := once(ctx, b.dir, direct.env, "pgbench", "-i", "-q", "-s", "1"); err != nil {
		return err
	}
	if _, err := once(ctx, b.dir, direct.env, "psql", "-Xqc", "CREATE TABLE big AS SELECT n, repeat('x', 60) AS s FROM generate_series(1, 1600000) n"); err != nil {
		return err
	}
	routes := []route{direct}
	bouncer, stop, err := b.pgbouncer(ctx, host, ca)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		fmt.Println("proxy: pgbouncer is not installed, so it is not compared")
	case err != nil:
		return err
	default:
		defer stop()
		routes = append(routes, bouncer)
	}
	for _, pool := range []string{"none", "session"} {
		r, stop, err := b.tellrProxy(ctx, pool, direct.env)
		if err != nil {
			return err
		}
		defer stop()
		routes = append(routes, r)
	}
	got := make([]figures, len(routes))
	for round := range b.runs { // in turns, since the machine may have other work
		for n := range routes {
			i := (n + round) % len(routes)
			if err := b.measure(ctx, routes[i], &got[i]); err != nil {
				return fmt.Errorf("%s: %w", routes[i].name, err)
			}
		}
	}
	report(routes, got, b.runs)
	return nil
}

// report prints the figures: of rates the best, since other work only slows, and in percent the middle of what a route
// reached of the direct one in the same round.
func report(routes []route, got []figures, runs int) {
	fmt.Println("proxy (aims: 90 % of direct at 8 clients, 60 µs CPU a query; pooled 1,500 connections/s and pgbouncer's; 20 MB)")
	fmt.Printf("  selects by key, new connections, COPY out: best of %d runs in turns, of %d s once warm, and the middle of what each reached of the\n", runs, proxySeconds)
	fmt.Println("  direct connection in the same turn; CPU of what stands between: middle; memory at the end: resident, and of that its own")
	fmt.Printf("  %-25s %16s %16s %9s %16s %8s %17s %15s\n", "", "1 client/s", "8 clients/s", "CPU/query", "connections/s", "CPU/conn", "COPY MB/s", "memory MB")
	for i, r := range routes {
		f, direct := got[i], got[0]
		cpu, connectCPU, memory := "", "", ""
		if r.pid != 0 {
			cpu, connectCPU = fmt.Sprintf("%.0f µs", middle(f.cpu)), fmt.Sprintf("%.0f µs", middle(f.connectCPU))
			all, own := resident(r.pid)
			memory = fmt.Sprintf("%.1f (%.1f)", all, own)
		}
		rate := func(list, of []float64) string {
			return fmt.Sprintf("%.0f (%.0f%%)", slices.Max(list), 100*middle(ratios(list, of)))
		}
		fmt.Printf("  %-25s %16s %16s %9s %16s %8s %17s %15s\n", r.name, rate(f.c1, direct.c1), rate(f.c8, direct.c8), cpu,
			rate(f.connects, direct.connects), connectCPU, rate(f.copied, direct.copied), memory)
	}
	query := 1e6 * float64(runtime.NumCPU()) / slices.Max(got[0].c8) // µs of all processors, which 8 clients keep busy
	fmt.Printf("  A direct query takes %.0f µs of the %d processors, client and server together, if 8 clients keep them busy. There, not more\n", query, runtime.NumCPU())
	fmt.Printf("  can be reached than %s.\n\n", strings.Join(ceilings(routes, got, query), ", "))
}

// ceilings are what routes can reach of the direct one on busy processors, for the time that they take of them.
func ceilings(routes []route, got []figures, query float64) (out []string) {
	for i, r := range routes {
		if r.pid != 0 {
			out = append(out, fmt.Sprintf("%.0f %% with %s", 100*query/(query+middle(got[i].cpu)), r.name))
		}
	}
	return out
}

// ratios are those of each turn.
func ratios(list, of []float64) []float64 {
	out := make([]float64, len(list))
	for i := range list {
		out[i] = list[i] / of[i]
	}
	return out
}

func middle(list []float64) float64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}

// measure runs each measurement once.
func (b *bench) measure(ctx context.Context, r route, f *figures) error {
	bench := func(args ...string) (rate, cpu float64, err error) {
		var out string
		var spent time.Duration
		// On a busy machine its clients may not even have connected in time.
		for seconds := proxySeconds; seconds < 100 && (out == "" || strings.Contains(out, "actually processed: 0\n")); seconds *= 3 {
			before := cpuTime(r.pid)
			if out, err = output(ctx, r.env, append([]string{"pgbench", "-n", "-P", "1", "-T", strconv.Itoa(warmSeconds + seconds)}, args...)...); err != nil {
				return 0, 0, err
			}
			spent = cpuTime(r.pid) - before
		}
		m := regexp.MustCompile(`actually processed: (\d+)`).FindStringSubmatch(out)
		warm := regexp.MustCompile(`progress: [0-9.]+ s, ([0-9.]+) tps`).FindAllStringSubmatch(out, -1)
		if m == nil || len(warm) <= warmSeconds {
			return 0, 0, fmt.Errorf("pgbench says: %s", out)
		}
		warm = warm[warmSeconds:]
		for _, second := range warm {
			tps, _ := strconv.ParseFloat(second[1], 64) // of digits
			rate += tps / float64(len(warm))
		}
		n, _ := strconv.ParseFloat(m[1], 64) // of digits
		return rate, float64(spent.Microseconds()) / max(n, 1), nil
	}
	c1, _, err := bench("-S", "-M", "prepared")
	if err != nil {
		return err
	}
	c8, cpu, err := bench("-S", "-M", "prepared", "-c", "8", "-j", "2")
	if err != nil {
		return err
	}
	script := filepath.Join(b.dir, "connect.sql")
	if err := os.WriteFile(script, []byte("SELECT 1;\n"), 0o644); err != nil {
		return err
	}
	connects, connectCPU, err := bench("-C", "-c", "8", "-j", "2", "-f", script)
	if err != nil {
		return err
	}
	start := time.Now()
	cmd := exec.CommandContext(ctx, "sh", "-c", `psql -Xqc "COPY big TO STDOUT" | wc -c`)
	cmd.Env = append(withoutPG(), r.env...)
	counted, err := cmd.Output()
	if err != nil {
		return err
	}
	bytes, err := strconv.ParseFloat(strings.TrimSpace(string(counted)), 64)
	if err != nil {
		return err
	}
	f.c1, f.c8, f.cpu = append(f.c1, c1), append(f.c8, c8), append(f.cpu, cpu)
	f.connects, f.connectCPU = append(f.connects, connects), append(f.connectCPU, connectCPU)
	f.copied = append(f.copied, bytes/(1<<20)/time.Since(start).Seconds())
	return nil
}

func withoutPG() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "DATABRICKS_")
	})
}

func output(ctx context.Context, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(withoutPG(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// cpuTime is what a process has used so far, in the kernel's hundredths of a second.
func cpuTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, _ := strconv.ParseInt(f, 10, 64) // the kernel's digits
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resident is the memory of a process in MB: all of it, and without what is the program's file.
func resident(pid int) (all, own float64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			all = kb / 1024
		}
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kb); n == 1 {
			own = kb / 1024
		}
	}
	return all, own
}

// tlsServer is a cluster that listens on a loopback address, with TLS and a password in the clear.
func (b *bench) tlsServer(ctx context.Context) (pg *cluster.Cluster, host, caFile string, err error) {
	if pg, err = cluster.Start(ctx, cluster.Options{AutoInstall: true, Progress: os.Stderr}); err != nil {
		return nil, "", "", err
	}
	host = "127.0.0.1"
	if l, err := net.Listen("tcp", "127.83.17.5:5432"); err == nil { // Linux has all of 127/8
		l.Close() //nolint:errcheck // it was only tried
		host = "127.83.17.5"
	}
	certificate, key, err := selfSigned(host)
	if err != nil {
		return nil, "", "", err
	}
	caFile = filepath.Join(b.dir, "ca.pem")
	if err := os.WriteFile(caFile, []byte(certificate), 0o644); err != nil {
		return nil, "", "", err
	}
	write := func(file, text string) string {
		return fmt.Sprintf(`COPY (SELECT unnest(string_to_array('%s', E'\n'))) TO PROGRAM 'cat > %s && chmod 600 %s'`, strings.TrimSpace(text), file, file)
	}
	err = pg.Exec(ctx, "postgres", "CREATE ROLE "+proxyRole+" LOGIN SUPERUSER PASSWORD '"+proxyPassword+"'",
		write("server.crt", certificate), write("server.key", key),
		write("pg_hba.conf", "local all all trust\nhostssl all all 127.0.0.0/8 password\n"),
		"ALTER SYSTEM SET listen_addresses = '"+host+"'", "ALTER SYSTEM SET ssl = on", "ALTER SYSTEM SET max_connections = 200")
	if err != nil {
		return nil, "", "", errors.Join(err, pg.Close())
	}
	if err := pg.Restart(ctx); err != nil {
		return nil, "", "", errors.Join(err, pg.Close())
	}
	return pg, host, caFile, nil
}

func selfSigned(host string) (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.ParseIP(host)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), nil
}

// tellrProxy starts tellr proxy with a stand-in for the workspace, whose token is the role's password.
func (b *bench) tellrProxy(ctx context.Context, pool string, direct []string) (route, func(), error) {
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/databricks-config" {
			fmt.Fprint(w, "{}")
			return
		}
		if r.Method != http.MethodPost || r.URL.Path != "/api/2.0/postgres/credentials" {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"token": proxyPassword, "expire_time": time.Now().Add(time.Hour)}) // tellr says it when it is missing
	}))
	control := filepath.Join(b.dir, "proxy-"+pool+".sock")
	cmd := exec.CommandContext(ctx, b.tellr, "proxy", "--listen", "127.0.0.1:0", "--pool", pool, "--control", control, "--log", "warn")
	cmd.Env = append(append(withoutPG(), direct...), "PGPASSWORD=", "LAKEBASE_ENDPOINT=projects/bench/branches/production/endpoints/primary",
		"DATABRICKS_HOST="+workspace.URL, "DATABRICKS_TOKEN=pat", "DATABRICKS_AUTH_TYPE=pat", "DATABRICKS_CONFIG_FILE=/nonexistent")
	if err := cmd.Start(); err != nil {
		return route{}, nil, err
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()
		workspace.Close()
	}
	if _, err := output(ctx, nil, b.tellr, "proxy", "wait", "--control", control); err != nil {
		stop()
		return route{}, nil, err
	}
	exports, err := output(ctx, nil, b.tellr, "proxy", "status", "--env", "--control", control)
	if err != nil {
		stop()
		return route{}, nil, err
	}
	r := route{name: "tellr proxy", pid: cmd.Process.Pid}
	if pool != "none" {
		r.name += " --pool " + pool
	}
	for line := range strings.Lines(exports) {
		r.env = append(r.env, strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(line), "export "), "'", ""))
	}
	return r, stop, nil
}

// pgbouncer starts one in session mode towards the same server; exec.ErrNotFound where it is not installed.
func (b *bench) pgbouncer(ctx context.Context, host, ca string) (route, func(), error) {
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		return route{}, nil, exec.ErrNotFound
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return route{}, nil, err
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close() //nolint:errcheck // it was only to find a port
	dir, err := os.MkdirTemp("", "tellr-bench-pgbouncer-")
	if err != nil {
		return route{}, nil, err
	}
	config := filepath.Join(dir, "pgbouncer.ini")
	authority, err := os.ReadFile(ca)
	err = errors.Join(err, os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "ca.pem"), authority, 0o644),
		os.WriteFile(config, []byte(fmt.Sprintf(`[databases]
postgres = host=%s port=5432 user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = session
default_pool_size = 40
server_tls_sslmode = verify-full
server_tls_ca_file = %s
`, host, proxyRole, proxyPassword, port, filepath.Join(dir, "ca.pem"))), 0o644))
	if err != nil {
		return route{}, nil, err
	}
	args := []string{"-q", config}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return route{}, nil, err
	}
	stop := func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	r := route{name: "pgbouncer, session mode", pid: cmd.Process.Pid, env: []string{"PGHOST=127.0.0.1", "PGPORT=" + port, "PGUSER=" + proxyRole, "PGDATABASE=postgres", "PGSSLMODE=disable"}}
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, err := output(ctx, r.env, "psql", "-XAtc", "SELECT 1")
		if err == nil {
			return r, stop, nil
		}
		if time.Now().After(deadline) {
			stop()
			return route{}, nil, err
		}
		<-time.After(100 * time.Millisecond)
	}
}
