package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The postgres API: projects, branches, endpoints, roles, databases, long-running operations.

func (s *Server) postgresRoutes(handle func(string, handler)) {
	const root = "/api/2.0/postgres"
	const project, branch = root + "/projects/{project}", root + "/projects/{project}/branches/{branch}"
	handle("POST "+root+"/projects", s.prepared(s.projectVersion, locked(s.createProject)))
	handle("GET "+root+"/projects", locked(s.listProjects))
	handle("GET "+project, locked(s.getProject))
	handle("PATCH "+project, locked(s.updateProject))
	handle("DELETE "+project, locked(s.deleteProject))
	handle("POST "+project+"/undelete", locked(s.undeleteProject))
	handle("GET "+project+"/operations/{operation}", locked(s.getOperation))
	handle("POST "+project+"/branches", locked(s.createBranch))
	handle("GET "+project+"/branches", locked(s.listBranches))
	handle("GET "+branch, locked(s.getBranch))
	handle("PATCH "+branch, locked(s.updateBranch))
	handle("DELETE "+branch, locked(s.deleteBranch))
	handle("POST "+branch+"/undelete", locked(s.undeleteBranch))
	handle("POST "+branch+"/endpoints", locked(s.createEndpoint))
	handle("GET "+branch+"/endpoints", locked(s.listEndpoints))
	handle("GET "+branch+"/endpoints/{endpoint}", locked(s.getEndpoint))
	handle("PATCH "+branch+"/endpoints/{endpoint}", locked(s.updateEndpoint))
	handle("DELETE "+branch+"/endpoints/{endpoint}", locked(s.deleteEndpoint))
	handle("POST "+branch+"/roles", as(s.createRole))
	handle("GET "+branch+"/roles", as(s.listRoles))
	handle("GET "+branch+"/roles/{role}", as(s.getRole))
	handle("PATCH "+branch+"/roles/{role}", as(s.updateRole))
	handle("DELETE "+branch+"/roles/{role}", as(s.deleteRole))
	handle("POST "+branch+"/databases", as(s.createDatabase))
	handle("GET "+branch+"/databases", as(s.listDatabases))
	handle("GET "+branch+"/databases/{database}", as(s.getDatabase))
	handle("PATCH "+branch+"/databases/{database}", as(s.updateDatabase))
	handle("DELETE "+branch+"/databases/{database}", as(s.deleteDatabase))
	handle("POST "+root+"/credentials", locked(s.createPostgresCredential))
}

// operation is long-running. Operations of a project run one at a time.
type operation struct {
	Name     string          `json:"name"`
	Done     bool            `json:"done,omitempty"`
	Metadata map[string]any  `json:"metadata"`
	Response any             `json:"response,omitempty"`
	Error    *operationError `json:"error,omitempty"`
	project  *project
}

type operationError struct {
	Code    string `json:"error_code"`
	Message string `json:"message"`
	Details []any  `json:"details,omitempty"`
}

// start begins an operation; s.mu is held. work runs without the lock and returns what is to be done under it at the
// end, which yields the operation's response.
func (s *Server) start(p *project, work func(ctx context.Context) (finish func() any, err error)) *operation {
	op := &operation{Name: p.name() + "/operations/" + uuid(), Metadata: map[string]any{}, project: p}
	s.operations[op.Name] = op
	p.busy = op
	begun := *op
	s.later(0, func(ctx context.Context) {
		began := time.Now()
		finish, err := work(ctx)
		if !s.pause(s.opts.Delays.Operation - time.Since(began)) {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		p.busy = nil
		op.Done = true
		if err != nil {
			op.Error = &operationError{Code: "INTERNAL_ERROR", Message: err.Error()}
			var refusal *Error
			if errors.As(err, &refusal) {
				op.Error = &operationError{Code: refusal.Code, Message: refusal.Message, Details: refusal.Details}
			} else {
				s.fail("operation "+op.Name, err)
			}
			return
		}
		op.Response = finish()
		if op.Response == nil {
			op.Response = struct{}{}
		}
	})
	return &begun
}

func (s *Server) getOperation(c *call) (any, error) {
	op, ok := s.operations["projects/"+c.path("project")+"/operations/"+c.path("operation")]
	if !ok {
		return nil, notFound("operation")
	}
	return op, s.demand(c, op.project.object(), canUse)
}

// notFound words a missing object of the postgres API. [issue]
func notFound(kind string) error {
	return refuse(http.StatusNotFound, "NOT_FOUND", "%s id not found [TraceId: %s]", kind, randomHex(8))
}

// idle refuses while an operation of the project runs. [issue TF #5482, CLI]
func (p *project) idle() error {
	if p.busy != nil {
		return refuse(http.StatusConflict, "RESOURCE_CONFLICT",
			"Your project already has conflicting operations in progress, try again once they have finished")
	}
	return nil
}

func alreadyExists(kind, id string) error {
	return refuse(http.StatusConflict, "ALREADY_EXISTS", "%s with id '%s' already exists", kind, id)
}

// managedByParent refuses to delete what goes with its parent. [cli]
func managedByParent(format string, args ...any) error {
	return &Error{http.StatusBadRequest, "BAD_REQUEST", fmt.Sprintf(format, args...), []any{map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RESOURCE_CONFLICT", "domain": "postgres.databricks.com",
		"metadata": map[string]string{"declarative_context": "MANAGED_BY_PARENT"}}}}
}

// seconds is a duration as the API writes it: "172800s". [sdk common/types/duration]
type seconds time.Duration

var secondsPattern = regexp.MustCompile(`^\d+(\.\d{1,9})?s$`)

func (d *seconds) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil || !secondsPattern.MatchString(text) {
		return invalid("Illegal duration: %s; write seconds such as \"86400s\"", raw)
	}
	parsed, err := time.ParseDuration(text)
	*d = seconds(parsed)
	return err
}

func (d seconds) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64) + `s"`), nil
}

func optionalSeconds(d time.Duration) *seconds {
	if d == 0 {
		return nil
	}
	s := seconds(d)
	return &s
}

// maskRow says what an update mask's path does; a path without a row is unknown.
type maskRow[T any] struct {
	path string
	// needs are the body's fields of which one must be present; empty is the path itself.
	needs []string
	apply func(to, from *T)
}

// applyMask copies the masked fields. [issue CLI #6440 #6441 #6443, TF #5481: what is masked must be in the body; leaf paths;
// oneofs by their group's name; `spec` alone stands for every field that is present]
func applyMask[T any](c *call, mask string, rows []maskRow[T], to, from *T) error {
	paths := splitMask(mask)
	if len(paths) == 0 {
		return invalid("Field 'update_mask' is required and was not provided")
	}
	for i, path := range paths {
		for _, other := range paths[i+1:] {
			if strings.HasPrefix(other, path+".") || strings.HasPrefix(path, other+".") || path == other {
				return invalid("update_mask: '%s' and '%s' overlap", path, other)
			}
		}
	}
	for _, path := range paths {
		found := false
		for _, row := range rows {
			if path != row.path && path != "spec" {
				continue
			}
			found = true
			needs := row.needs
			if len(needs) == 0 {
				needs = []string{row.path}
			}
			present := false
			for _, n := range needs {
				present = present || c.has(n)
			}
			if !present {
				if path == "spec" {
					continue
				}
				return invalid("Field '%s' is in update_mask but not provided in request", path)
			}
			row.apply(to, from)
		}
		if !found {
			return invalid("Unknown field path in update_mask: %s", path)
		}
	}
	return nil
}
