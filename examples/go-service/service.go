package main

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tellr-dev/tellr/runtime/lakebase"
)

type note struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
}

// service is the routes. The pool is an ordinary one; status is for readiness, which does not ask the database: a probe
// would keep it from suspending.
func service(pool *pgxpool.Pool, status func() lakebase.Status) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		st := status()
		if st.State == lakebase.StateExpired {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		json.NewEncoder(w).Encode(st)
	})
	mux.HandleFunc("GET /notes", func(w http.ResponseWriter, r *http.Request) {
		rows, _ := pool.Query(r.Context(), "SELECT id, body FROM notes ORDER BY id DESC LIMIT 100")
		notes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[note])
		answer(w, notes, err)
	})
	mux.HandleFunc("POST /notes", func(w http.ResponseWriter, r *http.Request) {
		var n note
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&n); err != nil || n.Body == "" {
			http.Error(w, `send {"body": "…"}`, http.StatusBadRequest)
			return
		}
		err := pool.QueryRow(r.Context(), "INSERT INTO notes (body) VALUES ($1) RETURNING id", n.Body).Scan(&n.ID)
		answer(w, n, err)
	})
	return mux
}

// answer tells the client nothing of a failure but what it is; the log gets the cure.
func answer(w http.ResponseWriter, v any, err error) {
	if err == nil {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
		return
	}
	status := http.StatusInternalServerError
	if e := lakebase.Explain(err); e != nil {
		slog.Error("database", "cause", e.Code, "hint", e.Hint, "error", err)
		if e.Transient() {
			w.Header().Set("Retry-After", "1")
			status = http.StatusServiceUnavailable
		}
	} else {
		slog.Error("database", "error", err)
	}
	http.Error(w, http.StatusText(status), status)
}
