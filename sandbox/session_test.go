package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/databricks/databricks-sdk-go/service/postgres"

	"github.com/tellr-dev/tellr/sandbox"
)

// execute runs SQL on a DSN of its own.
func execute(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func plaintext(t *testing.T, host, user, password string) error {
	t.Helper()
	address, port := host, "5432"
	if h, p, ok := strings.Cut(host, ":"); ok {
		address, port = h, p
	}
	cfg, err := pgconn.ParseConfig("host=" + address + " port=" + port + " sslmode=disable dbname=databricks_postgres")
	must(t, err)
	cfg.User, cfg.Password = user, password
	conn, err := pgconn.ConnectConfig(t.Context(), cfg)
	if err == nil {
		conn.Close(t.Context())
	}
	return err
}

// child is what this test binary does as a client of a test: it prints its arguments' result and obeys them.
func child(args []string) {
	switch args[0] {
	case "env":
		fmt.Println(os.Getenv(args[1]))
	case "exit":
		os.Exit(7)
	case "wait":
		io.Copy(io.Discard, os.Stdin)
	case "trap": // ends by itself on SIGTERM only
		fmt.Println("ready")
		select {}
	case "get": // requests a path again and again
		for {
			r, _ := http.NewRequest("GET", os.Getenv("DATABRICKS_HOST")+args[1], nil)
			r.Header.Set("Authorization", "Bearer "+os.Getenv("DATABRICKS_TOKEN"))
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				os.Exit(1)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	case "sql": // runs statements, one after the other
		ctx := context.Background()
		conn, err := pgx.Connect(ctx, args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, sql := range args[2:] {
			if _, err := conn.Exec(ctx, sql); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	case "sandbox": // a parent that is killed
		sb, err := sandbox.Start(context.Background(), sandbox.Options{})
		if err != nil {
			os.Exit(1)
		}
		fmt.Println(sb.AuthorityFile())
		select {}
	}
	os.Exit(0)
}

func self(args ...string) *exec.Cmd {
	return exec.Command(os.Args[0], append([]string{"tellr-test-child"}, args...)...)
}

func TestStatementsAreRecorded(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := start(t, sandbox.Options{})
	pg := project(t, sb, "rec", postgres.Project{})
	e := settle(t, pg, "projects/rec/branches/production/endpoints/primary")
	var before, after []string
	sb.OnStatement(func(s sandbox.Statement) { before = append(before, s.SQL) })
	sb.AfterStatement(func(s sandbox.Statement) { after = append(after, s.SQL) })
	conn, err := login(t, sb, e.Status.Hosts.Host, me, credential(t, pg, e.Name), "databricks_postgres")
	must(t, err)
	run := func(sql string, args ...any) {
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	run("CREATE TABLE t (n int)")
	run("INSERT INTO t SELECT $1::int", 5)
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"n"}, pgx.CopyFromRows([][]any{{1}, {2}})); err != nil {
		t.Error(err)
	}
	must(t, conn.Close(ctx))
	var kinds []string
	for _, s := range sb.Statements() {
		kinds = append(kinds, string(s.Kind))
		if s.Endpoint != e.Name || s.Role != me || s.Database != "databricks_postgres" || s.Seq != len(kinds) {
			t.Errorf("statement %+v", s)
		}
		if s.Kind == "copy" && s.Bytes == 0 {
			t.Errorf("copy without bytes: %+v", s)
		}
	}
	if got := strings.Join(kinds, " "); got != "query parse parse query copy" { // pgx prepares the SELECT that names the columns
		t.Errorf("kinds %s", got)
	}
	if !slices.Contains(before, "CREATE TABLE t (n int)") || !slices.Equal(before, after) {
		t.Errorf("hooks: before %q, after %q", before, after)
	}
}

func TestRequestFaults(t *testing.T) {
	t.Parallel()
	sb := start(t, sandbox.Options{})
	get := func() (int, string) { return rawText(t, sb, "GET", "/api/2.0/apps/aa", "") }
	post := func(name string) error {
		r, err := http.NewRequestWithContext(t.Context(), "POST", sb.Host()+"/api/2.0/apps?no_compute=true", strings.NewReader(`{"name":"`+name+`"}`))
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+sb.Token())
		resp, err := http.DefaultClient.Do(r)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	control := func(path, body string, want int) {
		t.Helper()
		if status, text := rawText(t, sb, "POST", "/sandbox/"+path, body); status != want {
			t.Errorf("POST /sandbox/%s %s: %d %s", path, body, status, text)
		}
	}
	control("faults", `{"route":"GET /api/2.0/apps/*","status":503,"error_code":"TEMPORARILY_UNAVAILABLE","message":"m","skip":1,"count":2}`, 200)
	for i, want := range []int{404, 503, 503, 404} {
		if status, text := get(); status != want {
			t.Errorf("request %d: %d %s", i, status, text)
		}
	}
	control("faults", `{"route":"POST *","reset":"before"}`, 200)
	if err := post("a1"); err == nil {
		t.Error("no reset before")
	}
	if status, _ := rawText(t, sb, "GET", "/api/2.0/apps/a1", ""); status != 404 {
		t.Errorf("a reset before has an effect: %d", status)
	}
	control("faults", `{"route":"POST *","reset":"after"}`, 200)
	if err := post("a2"); err == nil {
		t.Error("no reset after")
	}
	if status, _ := rawText(t, sb, "GET", "/api/2.0/apps/a2", ""); status != 200 {
		t.Errorf("a reset after has no effect: %d", status)
	}
	// Stale: the answer from before the write.
	must(t, post("aa"))
	control("faults", `{"route":"GET /api/2.0/apps/aa","stale":true}`, 200)
	for i, want := range []int{404, 200} {
		if status, _ := get(); status != want {
			t.Errorf("stale read %d: %d", i, status)
		}
	}
	control("faults", `{"route":"GET *","slow":"50ms"}`, 200)
	began := time.Now()
	get()
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("slow took %v", took)
	}
	for _, bad := range []string{`{"route":"GET *"}`, `{"status":500}`, `{"route":"*","status":7}`, `{"route":"*","slow":3}`, `{"rout":"*"}`} {
		control("faults", bad, 400)
	}
	control("kill", `{"pid":1,"request":1}`, 400)
	control("nothing", ``, 404)
	// The controls want the token.
	resp, err := http.Post(sb.Host()+"/sandbox/expire-tokens", "text/plain", nil)
	must(t, err)
	resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("without a token: %d", resp.StatusCode)
	}
	if status, text := rawText(t, sb, "GET", "/sandbox/requests?since=1", ""); status != 200 || strings.Contains(text, `"seq":1,`) || !strings.Contains(text, `"seq":2,`) {
		t.Errorf("requests: %d %s", status, text)
	}
	var resets int
	for _, r := range sb.Requests() {
		if r.Status == -1 {
			resets++
		}
	}
	if resets != 2 {
		t.Errorf("%d resets are recorded", resets)
	}
}

func TestGatewayFaults(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	sb := start(t, sandbox.Options{})
	pg := project(t, sb, "gf", postgres.Project{})
	e := settle(t, pg, "projects/gf/branches/production/endpoints/primary")
	connect := func() (*pgx.Conn, error) {
		return login(t, sb, e.Status.Hosts.Host, me, sb.Token(), "databricks_postgres")
	}
	must(t, sb.ArmGateway(sandbox.GatewayFault{RefuseLogin: "57P03", Endpoint: "projects/gf/*"}))
	if _, err := connect(); sqlstate(err) != "57P03" {
		t.Errorf("refused: %v", err)
	}
	must(t, sb.ArmGateway(sandbox.GatewayFault{DropAfterBytes: 5000}))
	conn, err := connect()
	must(t, err)
	if _, err := conn.Exec(ctx, "SELECT repeat('x', 100000)"); err == nil {
		t.Error("100000 bytes came through")
	}
	if conn, err = connect(); err != nil {
		t.Fatal(err)
	}
	statement(t, conn, "", "CREATE TABLE t ()")
	must(t, sb.ArmGateway(sandbox.GatewayFault{DropInTransaction: true}))
	statement(t, conn, "", "INSERT INTO t DEFAULT VALUES") // not in a transaction
	statement(t, conn, "", "BEGIN")
	if _, err := conn.Exec(ctx, "DROP TABLE t"); err == nil {
		t.Error("the statement in the transaction came through")
	}
	if conn, err = connect(); err != nil {
		t.Fatal(err)
	}
	statement(t, conn, "", "SELECT * FROM t")
	must(t, sb.Restart(ctx, "", ""))
	if _, err := conn.Exec(ctx, "SELECT 1"); err == nil {
		t.Error("the session survived a restart")
	}
	if conn, err = connect(); err != nil {
		t.Fatal(err)
	}
	statement(t, conn, "", "SELECT * FROM t")
}

// A client dies at the call that is named, before its effect or after.
func TestKill(t *testing.T) {
	t.Parallel()
	sb := start(t, sandbox.Options{})
	pg := project(t, sb, "kill", postgres.Project{})
	e := settle(t, pg, "projects/kill/branches/production/endpoints/primary")
	dsn := fmt.Sprintf("host=%s dbname=databricks_postgres user=%s password=%s sslmode=verify-full sslrootcert=%s",
		e.Status.Hosts.Host, me, sb.Token(), sb.AuthorityFile())
	admin, err := sb.Admin("kill", "")
	must(t, err)
	for _, c := range []struct {
		kill sandbox.Kill
		made int // tables that are there afterwards
	}{
		{sandbox.Kill{Statement: 1}, 0}, {sandbox.Kill{Statement: 1, After: true}, 1},
		{sandbox.Kill{Statement: 2}, 1}, {sandbox.Kill{Statement: 2, After: true}, 2},
	} {
		// The child starts its statements when its input ends, after it was armed.
		cmd := exec.Command("/bin/sh", "-c", `read line; exec "$@"`, "sh", os.Args[0], "tellr-test-child", "sql", dsn,
			"CREATE TABLE a ()", "CREATE TABLE b ()")
		stdin, err := cmd.StdinPipe()
		must(t, err)
		must(t, cmd.Start())
		c.kill.PID = cmd.Process.Pid
		must(t, sb.ArmKill(c.kill))
		fmt.Fprintln(stdin, "go")
		err = cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Errorf("%+v: the child ended by %v", c.kill, err)
		}
		ctx := t.Context()
		conn, err := pgx.Connect(ctx, admin)
		must(t, err)
		poll(t, func() string { // the server notices the end of the session in its own time
			var n int
			must(t, conn.QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE tablename IN ('a', 'b')").Scan(&n))
			if n != c.made {
				return fmt.Sprintf("%+v: %d tables, want %d", c.kill, n, c.made)
			}
			return ""
		})
		statement(t, conn, "", "DROP TABLE IF EXISTS a, b")
		conn.Close(ctx)
	}
	cmd := self("get", "/api/2.0/apps")
	cmd.Env = append(os.Environ(), sb.Env()...)
	seen := len(sb.Requests())
	must(t, cmd.Start())
	must(t, sb.ArmKill(sandbox.Kill{PID: cmd.Process.Pid, Request: 5}))
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the child ended by %v", err)
	}
	if n := len(sb.Requests()) - seen; n < 5 {
		t.Errorf("%d requests", n)
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	run := func(ctx context.Context, stdin io.Reader, args ...string) (int, string, error) {
		var out bytes.Buffer
		code, err := sandbox.Run(ctx, sandbox.Options{}, append([]string{os.Args[0], "tellr-test-child"}, args...), stdin, &out, &out)
		return code, strings.TrimSpace(out.String()), err
	}
	if code, out, err := run(t.Context(), nil, "env", "DATABRICKS_HOST"); code != 0 || err != nil || !strings.HasPrefix(out, "http://127.0.0.1:") {
		t.Errorf("%d %q %v", code, out, err)
	}
	if code, out, err := run(t.Context(), nil, "exit"); code != 7 || err != nil {
		t.Errorf("%d %q %v", code, out, err)
	}
	if _, err := sandbox.Run(t.Context(), sandbox.Options{}, []string{"/nonexistent/program"}, nil, io.Discard, io.Discard); err == nil {
		t.Error("a program that is not there ran")
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &signalled{want: "ready", then: cancel}
	code, err := sandbox.Run(ctx, sandbox.Options{}, []string{os.Args[0], "tellr-test-child", "trap"}, nil, out, io.Discard)
	if code != 128+int(syscall.SIGTERM) || err != nil {
		t.Errorf("cancelled: %d %v", code, err)
	}
}

// signalled calls then when the text was written.
type signalled struct {
	want string
	then func()
}

func (s *signalled) Write(b []byte) (int, error) {
	if strings.Contains(string(b), s.want) {
		s.then()
	}
	return len(b), nil
}

func TestServePrintsWhatToExport(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	served := make(chan error, 1)
	go func() {
		served <- sandbox.Serve(ctx, sandbox.Options{}, io.MultiWriter(&out, &signalled{"PGSSLROOTCERT", cancel}))
	}()
	must(t, <-served)
	if !strings.Contains(out.String(), "export DATABRICKS_HOST='http://127.0.0.1:") {
		t.Errorf("%s", out.String())
	}
}

func TestKilledSandboxLeavesNothing(t *testing.T) {
	t.Parallel()
	cmd := self("sandbox")
	out := &signalled{"/", func() {}}
	var text bytes.Buffer
	cmd.Stdout = io.MultiWriter(&text, out)
	killed := make(chan struct{})
	out.then = func() { cmd.Process.Kill(); close(killed) }
	must(t, cmd.Start())
	<-killed
	cmd.Wait()
	file := strings.TrimSpace(text.String())
	poll(t, func() string {
		if _, err := os.Stat(file); !os.IsNotExist(err) {
			return file + " is still there"
		}
		return ""
	})
}

func TestClockRuns(t *testing.T) {
	t.Parallel()
	sb := start(t, sandbox.Options{ClockRate: 3600 * 4}) // an hour in a quarter of a second
	pg := project(t, sb, "clock", postgres.Project{})
	e := settle(t, pg, "projects/clock/branches/production/endpoints/primary")
	token := credential(t, pg, e.Name)
	poll(t, func() string {
		conn, err := login(t, sb, e.Status.Hosts.Host, me, token, "databricks_postgres")
		if err == nil {
			conn.Close(t.Context())
			return "the token does not expire"
		}
		if sqlstate(err) != "28P01" {
			t.Error(err)
		}
		return ""
	})
}

// The programs that come with Postgres. They are nobody's here, and they check the certificate.
func TestPostgresPrograms(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("psql"); err != nil {
		t.Skip("psql is not installed")
	}
	sb := start(t, sandbox.Options{PostgresVersion: 16})
	pg := project(t, sb, "programs", postgres.Project{})
	e := settle(t, pg, "projects/programs/branches/production/endpoints/primary")
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = append(os.Environ(), "PGHOST="+e.Status.Hosts.Host, "PGUSER="+me, "PGPASSWORD="+sb.Token(), "PGDATABASE=databricks_postgres")
		cmd.Env = append(cmd.Env, sb.Env()...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s %v: %v: %s", name, args, err, out)
		}
		return string(out)
	}
	run("psql", "-qc", "CREATE SCHEMA app_data", "-c", `CREATE TABLE app_data.t (n int PRIMARY KEY, s text)`)
	if out := run("psql", "-Atc", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", "-c", `\d app_data.t`); !strings.Contains(out, "integer") {
		t.Errorf("psql says %s", out)
	}
}
