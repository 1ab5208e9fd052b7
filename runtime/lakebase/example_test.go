package lakebase_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

// A whole program: the environment of a Databricks App is all the configuration there is.
func ExampleOpen() {
	ctx := context.Background()
	pool, err := lakebase.Open(ctx)
	if err != nil {
		log.Fatal(err) // says what is missing, and what to do
	}
	defer pool.Close()

	var who string
	if err := pool.QueryRow(ctx, "SELECT current_user").Scan(&who); err != nil {
		log.Fatal(err)
	}
	fmt.Println("hello", who)
}

// Readiness without touching the database, which a probe would keep from suspending.
func ExampleConnector_Status() {
	c, err := lakebase.New(context.Background(), lakebase.WithLogger(slog.Default()))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	http.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if st := c.Status(); st.State == lakebase.StateExpired {
			http.Error(w, st.Error, http.StatusServiceUnavailable)
		}
	})
}

// A driver that the package does not know gets its password itself, and says when a login was rejected.
func ExampleConnector_Token() {
	ctx := context.Background()
	c, err := lakebase.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	login := func(password string) (rejected bool) { return password == "" } // a driver's own
	for range 2 {
		token, err := c.Token(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if !login(token.Secret()) || !c.Invalidate(token.Generation()) {
			break
		}
	}
}

// Where every value comes from, and why nothing can be found.
func ExampleResolve() {
	env := map[string]string{"PGHOST": "ep-1.database.us-east-1.cloud.databricks.com", "PGUSER": "4f1c", "LAKEBASE_TYPE": "provisioned", "LAKEBASE_INSTANCE": "None"}
	r, err := lakebase.Resolve(func(name string) string { return env[name] }, lakebase.Config{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(r.Explain())

	_, err = lakebase.Resolve(func(name string) string { return map[string]string{"LAKEBASE_TYPE": "provisioned"}[name] }, lakebase.Config{})
	var e *lakebase.Error
	if errors.As(err, &e) {
		fmt.Fprintln(os.Stdout, e.Code)
	}
	// Output:
	// kind         provisioned                                   env LAKEBASE_TYPE
	// instance     (asked when connecting)                       api
	// host         ep-1.database.us-east-1.cloud.databricks.com  env PGHOST
	// port         5432                                          default
	// database     databricks_postgres                           default
	// user         4f1c                                          env PGUSER
	// application  tellr                                         default
	// tls          verify-full                                   default
	// instance_missing
}
