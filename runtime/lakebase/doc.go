// Package lakebase connects a Go program to Lakebase Postgres with the short-lived tokens that are its passwords, so that
// the program need not know of them. It works alone: nothing else of tellr is needed.
//
//	func main() {
//		ctx := context.Background()
//		pool, err := lakebase.Open(ctx)
//		if err != nil {
//			log.Fatal(err) // says what is missing, and what to do
//		}
//		defer pool.Close()
//
//		var now time.Time
//		if err := pool.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// Open gives a stock *pgxpool.Pool. A program that wants more, such as readiness, database/sql or its own tuning, makes a
// Connector:
//
//	c, err := lakebase.New(ctx,
//		lakebase.WithLogger(slog.Default()),
//		lakebase.WithSchema("app_data"))
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//
//	cfg, err := c.PoolConfig() // a *pgxpool.Config with lifetimes that suit Lakebase
//	if err != nil {
//		return err
//	}
//	cfg.MaxConns = 20
//	pool, err := pgxpool.NewWithConfig(ctx, cfg)
//	if err != nil {
//		return err
//	}
//	defer pool.Close()
//
//	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
//		if !c.Status().State.Ready() && c.Status().State != lakebase.StateEmpty {
//			http.Error(w, c.Status().Error, http.StatusServiceUnavailable)
//		}
//	})
//
// An error of a query or connection has a cause and a cure:
//
//	if e := lakebase.Explain(err); e != nil {
//		slog.Error("database", "cause", e.Code, "hint", e.Hint, "error", err)
//	}
//	if errors.Is(err, lakebase.ErrAuthRejected) { … }
//
// # In and out
//
// In: the environment of the process as Databricks Apps sets it, in every spelling that is in use (Resolve, Variables), or
// options. Out: pools, *sql.DB, tokens (Token), sessions for programs that pass bytes on (Connect), and why it is so
// (Resolution.Explain, Status, Table).
//
// # Tokens
//
// A token lives an hour and counts at login only. It is replaced in the background around its 50th minute, by one request
// however many callers there are. While the API is down the old one is used to its true end. A login that the server
// rejects is tried once more with a new token, inside the pool, where the caller does not see it. New connections are
// tried again for up to 15 seconds while a suspended compute wakes up; a refused login never is, but for that one time.
// A program that is idle costs no request, and nothing here ever touches the database on its own, which would keep it awake.
//
// # Safety
//
// The server is verified by name and authority whatever sslmode says, and a token is sent over TLS only, to a server that
// asks for a password as Lakebase does. No token is in a configuration, a log line, an error, a metric or a trace.
//
// The package knows nothing of the rest of tellr: not of plans, not of HCL.
package lakebase
