package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// controls is what GET /sandbox/ shows.
const controls = `POST   /sandbox/faults          arm a fault: {"route": "POST /api/2.0/apps*", "count": 1, "skip": 0, and of
                                "status"+"error_code"+"message", "slow": "1s", "reset": "before"|"after", "stale": true}
DELETE /sandbox/faults          disarm all faults and kills
POST   /sandbox/gateway-faults  {"endpoint": "instances/*", "count": 1, and one of "refuse_login": "57P03",
                                "drop_after_bytes": 1000, "drop_in_transaction": true}
POST   /sandbox/kill            {"pid": N, "request": 3} or {"pid": N, "statement": 3}, counted from now; "after": true
                                lets the call have its effect
GET    /sandbox/requests        all API requests; ?since=SEQ those after
GET    /sandbox/statements      all SQL statements; ?since=SEQ those after
POST   /sandbox/expire-tokens   end all database credentials and OAuth tokens
POST   /sandbox/restart         restart Postgres: {"name": "project or instance", "branch": ""}, all when empty
POST   /sandbox/suspend         scale a branch to zero: {"name": "…", "branch": ""}
POST   /sandbox/identities      {"user_name": "…", "service_principal": false, "groups": [], "admin": false} → token
GET    /sandbox/admin           ?name=…&branch=… → superuser DSN that bypasses the gateway
`

// handler is the workspace with the controls beside it. Controls want the sandbox's own token: a web page that posts to
// loopback has none.
func (sb *Sandbox) handler() http.Handler {
	mux := http.NewServeMux()
	control := func(pattern string, f func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+sb.token {
				http.Error(w, "the sandbox's controls want its token: Authorization: Bearer $DATABRICKS_TOKEN", http.StatusUnauthorized)
				return
			}
			answer, err := f(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(answer)
		})
	}
	type none struct{}
	control("POST /sandbox/faults", func(r *http.Request) (any, error) {
		var f Fault
		if err := read(r, &f); err != nil {
			return nil, err
		}
		return none{}, sb.Arm(f)
	})
	control("DELETE /sandbox/faults", func(*http.Request) (any, error) { sb.Disarm(); return none{}, nil })
	control("POST /sandbox/gateway-faults", func(r *http.Request) (any, error) {
		var f GatewayFault
		if err := read(r, &f); err != nil {
			return nil, err
		}
		return none{}, sb.ArmGateway(f)
	})
	control("POST /sandbox/kill", func(r *http.Request) (any, error) {
		var k Kill
		if err := read(r, &k); err != nil {
			return nil, err
		}
		return none{}, sb.ArmKill(k)
	})
	control("GET /sandbox/requests", func(r *http.Request) (any, error) {
		list := sb.Requests()
		since, err := since(r, len(list))
		return list[since:], err
	})
	control("GET /sandbox/statements", func(r *http.Request) (any, error) {
		list := sb.Statements()
		since, err := since(r, len(list))
		return list[since:], err
	})
	control("POST /sandbox/expire-tokens", func(*http.Request) (any, error) { sb.ExpireTokens(); return none{}, nil })
	type place struct{ Name, Branch string }
	control("POST /sandbox/restart", func(r *http.Request) (any, error) {
		var p place
		if err := read(r, &p); err != nil {
			return nil, err
		}
		return none{}, sb.Restart(r.Context(), p.Name, p.Branch)
	})
	control("POST /sandbox/suspend", func(r *http.Request) (any, error) {
		var p place
		if err := read(r, &p); err != nil {
			return nil, err
		}
		return none{}, sb.Suspend(p.Name, p.Branch)
	})
	control("POST /sandbox/identities", func(r *http.Request) (any, error) {
		var body struct {
			UserName         string   `json:"user_name"`
			ServicePrincipal bool     `json:"service_principal"`
			Groups           []string `json:"groups"`
			Admin            bool     `json:"admin"`
		}
		if err := read(r, &body); err != nil {
			return nil, err
		}
		if body.UserName == "" {
			return nil, fmt.Errorf("user_name is required")
		}
		token, err := sb.AddIdentity(Identity{UserName: body.UserName, ServicePrincipal: body.ServicePrincipal,
			Groups: body.Groups, Admin: body.Admin})
		if err != nil {
			return nil, err
		}
		answer := map[string]string{"token": token}
		if body.ServicePrincipal {
			answer["client_secret"], err = sb.SecretOf(body.UserName)
		}
		return answer, err
	})
	control("GET /sandbox/admin", func(r *http.Request) (any, error) {
		dsn, err := sb.Admin(r.URL.Query().Get("name"), r.URL.Query().Get("branch"))
		return map[string]string{"dsn": dsn}, err
	})
	mux.HandleFunc("GET /sandbox/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, controls)
	})
	mux.HandleFunc("/sandbox/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("there is no %s %s; what there is:\n\n%s", r.Method, r.URL.Path, controls), http.StatusNotFound)
	})
	mux.Handle("/", sb.workspace)
	return mux
}

func read(r *http.Request, v any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil && err.Error() != "EOF" {
		return fmt.Errorf("read %s: %w", strings.TrimPrefix(r.URL.Path, "/sandbox/"), err)
	}
	return nil
}

// since is how many entries of a list to leave out.
func since(r *http.Request, length int) (int, error) {
	text := r.URL.Query().Get("since")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("since is %q: write a sequence number", text)
	}
	return min(n, length), nil
}
