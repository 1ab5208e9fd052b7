// Command go-service is a web service on Lakebase that knows nothing of tokens: the database is one line, lakebase.New.
//
// In: the environment that Databricks Apps gives to a process. Out: notes over HTTP, GET and POST /notes, and readiness at
// GET /healthz. It makes no tables when it starts: tellr apply has made them.
package main
