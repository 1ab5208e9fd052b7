package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
	"github.com/tellr-dev/tellr/sandbox/traffic"
)

// Error is an answer of the API that refuses.
type Error struct {
	Status  int
	Code    string
	Message string
	Details []any
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

func refuse(status int, code, format string, args ...any) error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "INVALID_PARAMETER_VALUE", format, args...)
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "BAD_REQUEST", format, args...)
}

// call is one request on its way through a handler.
type call struct {
	s    *Server
	r    *http.Request
	me   *Identity
	body []byte
	tree map[string]any // the JSON body
}

// handler answers with a value to be written as JSON, with raw bytes, or with an error.
type handler func(*call) (any, error)

// rawBody is a file's content, jsonBody an answer that is written down already.
type (
	rawBody  []byte
	jsonBody []byte
)

const maxBody = 64 << 20

// wrap is the order of a call, see the package comment.
func (s *Server) wrap(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return
		}
		c := &call{s: s, r: r, body: body}
		isJSON := len(body) > 0 && !strings.HasPrefix(r.URL.Path, "/api/2.0/workspace-files/") &&
			!strings.HasPrefix(r.URL.Path, "/oidc/") && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/")
		entry := traffic.Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
		if isJSON && r.URL.Path != "/api/2.0/secrets/put" { // a secret is nobody's to read again
			entry.Body = string(body[:min(len(body), 64<<10)])
		}
		s.mu.Lock()
		c.me = s.authenticate(r)
		if c.me != nil {
			entry.Identity = c.me.UserName
		}
		s.mu.Unlock()
		seq, verdict := s.log.BeginRequest(entry)
		if verdict != traffic.Pass {
			s.log.EndRequest(seq, -1, "", true)
			sever(w, r, verdict)
			return
		}
		fault, struck := s.log.FaultFor(r.Method, r.URL.Path)
		if delay := s.opts.Latency + time.Duration(fault.Slow); delay > 0 {
			select {
			case <-time.After(delay):
			case <-r.Context().Done():
			}
		}
		var answer any
		switch {
		case fault.Reset == traffic.ResetBefore:
			s.log.EndRequest(seq, -1, "", true)
			reset(w)
			return
		case fault.Status != 0 && fault.Reset == "":
			err = &Error{fault.Status, fault.ErrorCode, fault.Message, nil}
		case fault.Stale:
			answer, err = s.staleRead(r.URL)
		case isJSON && json.Unmarshal(body, &c.tree) != nil:
			err = refuse(http.StatusBadRequest, "MALFORMED_REQUEST", "Could not parse request object: the body is not a JSON object")
		default:
			answer, err = h(c)
		}
		status, payload, code := encode(answer, err)
		if r.Method == http.MethodGet && status == http.StatusOK && !fault.Stale && len(payload) < 1<<20 {
			s.mu.Lock()
			s.lastReads[r.URL.String()] = payload
			s.mu.Unlock()
		}
		if fault.Reset == traffic.ResetAfter {
			s.log.EndRequest(seq, -1, "", true)
			reset(w)
			return
		}
		if verdict := s.log.EndRequest(seq, status, code, struck); verdict != traffic.Pass {
			sever(w, r, verdict)
			return
		}
		if _, raw := answer.(rawBody); !raw {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		w.Write(payload)
	})
}

// sever ends a call without an answer, as the verdict says.
func sever(w http.ResponseWriter, r *http.Request, verdict traffic.Verdict) {
	if verdict == traffic.Silent {
		<-r.Context().Done() // the client has closed it
		reset(w)
	}
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		reset(w)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		reset(w)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0) // its end is a reset
	}
	conn.Close()
}

// reset cuts the connection: the client sees its end, not an answer.
func reset(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func (s *Server) staleRead(u *url.URL) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.lastReads[u.String()]; ok {
		return jsonBody(old), nil
	}
	return nil, refuse(http.StatusNotFound, "NOT_FOUND", "%s not found", u.Path)
}

func encode(answer any, err error) (status int, payload []byte, code string) {
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = &Error{Status: http.StatusInternalServerError, Code: "INTERNAL_ERROR", Message: err.Error()}
		}
		body := map[string]any{"error_code": e.Code, "message": e.Message}
		if len(e.Details) > 0 {
			body["details"] = e.Details
		}
		payload, _ := json.Marshal(body)
		return e.Status, payload, e.Code
	}
	if raw, ok := answer.(rawBody); ok {
		return http.StatusOK, raw, ""
	}
	if done, ok := answer.(jsonBody); ok {
		return http.StatusOK, done, ""
	}
	if answer == nil {
		answer = struct{}{}
	}
	payload, err = json.Marshal(answer)
	if err != nil {
		return encode(nil, err)
	}
	return http.StatusOK, payload, ""
}

// as demands that the caller is known and runs the handler.
func as(h handler) handler {
	return func(c *call) (any, error) {
		if c.me == nil {
			if c.r.Header.Get("Authorization") == "" {
				return nil, refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")
			}
			// [doc] the service answers a bad PAT so
			return nil, refuse(http.StatusUnauthorized, "UNAUTHENTICATED", "Invalid access token.")
		}
		return h(c)
	}
}

// locked is as, with the lock held until the answer is written down: answers may point into the state.
func locked(h handler) handler {
	return as(func(c *call) (any, error) {
		c.s.mu.Lock()
		defer c.s.mu.Unlock()
		answer, err := h(c)
		if _, raw := answer.(rawBody); raw || err != nil {
			return answer, err
		}
		_, payload, _ := encode(answer, nil)
		return jsonBody(payload), nil
	})
}

// prepared makes sure, without the lock, that Postgres of a version can be started: a missing installation is told to the
// caller, who would else wait for a state that never comes.
func (s *Server) prepared(version func() int, h handler) handler {
	return as(func(c *call) (any, error) {
		opts := s.opts.Postgres
		opts.Version = version()
		if err := lakebase.Prepare(c.r.Context(), opts); err != nil {
			return nil, fmt.Errorf("the sandbox cannot run postgres: %w", err)
		}
		return h(c)
	})
}

// decode reads the body into v. A value of the wrong type is refused, unknown fields are ignored, as the service does.
func (c *call) decode(v any) error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return refuse(http.StatusBadRequest, "MALFORMED_REQUEST",
				"Could not parse request object: expected %s for field '%s' but got a %s", wrong.Type, wrong.Field, wrong.Value)
		}
		var refusal *Error
		if errors.As(err, &refusal) {
			return refusal
		}
		return refuse(http.StatusBadRequest, "MALFORMED_REQUEST", "Could not parse request object: %s", err)
	}
	return nil
}

// has says whether a dotted path is present in the body, be it null or empty.
func (c *call) has(path string) bool {
	var at any = c.tree
	for key := range strings.SplitSeq(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return false
		}
		if at, ok = m[key]; !ok {
			return false
		}
	}
	return true
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }
func (c *call) path(name string) string  { return c.r.PathValue(name) }

// mask splits an update mask; paths are relative to the resource.
func splitMask(mask string) []string {
	var paths []string
	for path := range strings.SplitSeq(mask, ",") {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}
