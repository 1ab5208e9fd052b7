package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/sandbox/lakebase"
)

type wireDatabase struct {
	Name   string              `json:"name,omitempty"`
	Parent string              `json:"parent,omitempty"`
	Spec   *wireDatabaseSpec   `json:"spec,omitempty"`
	Status *wireDatabaseStatus `json:"status,omitempty"`
}

type wireDatabaseSpec struct {
	PostgresDatabase string `json:"postgres_database,omitempty"`
	Role             string `json:"role,omitempty"`
}

type wireDatabaseStatus struct {
	wireDatabaseSpec
	DatabaseID string `json:"database_id"`
}

// databases lists a branch's databases by id. Databases made in SQL get an id when they are first seen.
func (s *Server) databases(c *call, level permission) (*branch, *lakebase.Server, map[string]lakebase.Database, error) {
	b, pg, err := s.awake(c, level)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := pg.Databases(c.r.Context())
	if err != nil {
		return nil, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]string{}
	for id, name := range b.databaseIDs {
		known[name] = id
	}
	byID := map[string]lakebase.Database{}
	for _, d := range list {
		id, ok := known[d.Name]
		if !ok {
			id = strings.Trim(padID(notAlphanumeric.ReplaceAllString(strings.ToLower(d.Name), "-")), "-")
			for base, n := id, 2; b.databaseIDs[id] != ""; n++ {
				id = base[:min(len(base), 59)] + "-" + itoa(n)
			}
			b.databaseIDs[id] = d.Name
		}
		byID[id] = d
	}
	return b, pg, byID, nil
}

func (s *Server) wireDatabase(b *branch, id string, d lakebase.Database) wireDatabase {
	owner := ""
	for roleID, name := range b.roleIDs {
		if name == d.Owner {
			owner = b.name() + "/roles/" + roleID
		}
	}
	return wireDatabase{Name: b.name() + "/databases/" + id, Parent: b.name(), Status: &wireDatabaseStatus{DatabaseID: id,
		wireDatabaseSpec: wireDatabaseSpec{PostgresDatabase: d.Name, Role: owner}}}
}

func (s *Server) listDatabases(c *call) (any, error) {
	b, _, byID, err := s.databases(c, canUse)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []wireDatabase{}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		list = append(list, s.wireDatabase(b, id, byID[id]))
	}
	return page(c, "databases", list)
}

func (s *Server) getDatabase(c *call) (any, error) {
	b, _, byID, err := s.databases(c, canUse)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := byID[c.path("database")]
	if !ok {
		return nil, notFound("database")
	}
	return s.wireDatabase(b, c.path("database"), d), nil
}

// ownerOf resolves a role's full path. [issue] required; unknown is 404
func (b *branch) ownerOf(path string) (string, error) {
	if path == "" {
		return "", invalid("Field 'database.spec.role' is required and was not provided")
	}
	id, ok := strings.CutPrefix(path, b.name()+"/roles/")
	if !ok || b.roleIDs[id] == "" {
		return "", refuse(http.StatusNotFound, "NOT_FOUND", "role not found; role_id: %s", path[strings.LastIndex(path, "/")+1:])
	}
	return b.roleIDs[id], nil
}

func (s *Server) createDatabase(c *call) (any, error) {
	var body wireDatabase
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireDatabaseSpec{}
	}
	b, pg, byID, err := s.databases(c, canManage)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	owner, err := b.ownerOf(body.Spec.Role)
	if err != nil {
		return nil, err
	}
	id := c.query("database_id")
	want := lakebase.Database{Name: body.Spec.PostgresDatabase, Owner: owner}
	switch {
	case id == "" && want.Name == "":
		return nil, invalid("Field 'database.spec.postgres_database' is required and was not provided")
	case id == "":
		id = strings.Trim(padID(notAlphanumeric.ReplaceAllString(strings.ToLower(want.Name), "-")), "-")
	case want.Name == "":
		want.Name = id
	}
	if !projectID.MatchString(id) { // [sdk] the same form
		return nil, invalid("Field 'database_id' must be 1-63 characters, begin with a lower case letter, and hold only lower case letters, digits and hyphens; got '%s'", id)
	}
	old, taken := byID[id]
	for otherID, other := range byID {
		if other.Name == want.Name {
			old, taken, id = other, true, otherID
		}
	}
	if taken && c.query("replace_existing") != "true" {
		return nil, badRequest("database with that name already exists") // [issue]: 400, not 409
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		var err error
		if taken {
			err = pg.AlterDatabase(ctx, old, want)
		} else {
			err = pg.CreateDatabase(ctx, want)
		}
		if errors.Is(err, lakebase.ErrDatabaseExists) {
			return nil, badRequest("database with that name already exists")
		}
		if err != nil {
			return nil, err
		}
		return func() any { b.databaseIDs[id] = want.Name; return s.wireDatabase(b, id, want) }, nil
	}), nil
}

func (s *Server) updateDatabase(c *call) (any, error) {
	var body wireDatabase
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Spec == nil {
		body.Spec = &wireDatabaseSpec{}
	}
	b, pg, byID, err := s.databases(c, canManage)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	id := c.path("database")
	old, ok := byID[id]
	if !ok {
		return nil, notFound("database")
	}
	next := old
	from := lakebase.Database{Name: body.Spec.PostgresDatabase}
	if body.Spec.Role != "" {
		if from.Owner, err = b.ownerOf(body.Spec.Role); err != nil {
			return nil, err
		}
	}
	type D = lakebase.Database
	rows := []maskRow[D]{
		{"spec.postgres_database", nil, func(to, from *D) { to.Name = from.Name }},
		{"spec.role", nil, func(to, from *D) { to.Owner = from.Owner }},
	}
	if err := applyMask(c, c.query("update_mask"), rows, &next, &from); err != nil {
		return nil, err
	}
	if next.Name == "" || next.Owner == "" {
		return nil, invalid("Fields 'database.spec.postgres_database' and 'database.spec.role' cannot be empty")
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		err := pg.AlterDatabase(ctx, old, next)
		if errors.Is(err, lakebase.ErrDatabaseExists) {
			return nil, badRequest("database with that name already exists")
		}
		if err != nil {
			return nil, err
		}
		return func() any { b.databaseIDs[id] = next.Name; return s.wireDatabase(b, id, next) }, nil
	}), nil
}

// deleteDatabase really drops it, with its data. [issue TF]
func (s *Server) deleteDatabase(c *call) (any, error) {
	b, pg, byID, err := s.databases(c, canManage)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.changeable(c); err != nil {
		return nil, err
	}
	id := c.path("database")
	d, ok := byID[id]
	if !ok {
		return nil, notFound("database")
	}
	return s.start(b.project, func(ctx context.Context) (func() any, error) {
		if err := pg.DropDatabase(ctx, d.Name); err != nil {
			return nil, err
		}
		return func() any { delete(b.databaseIDs, id); return nil }, nil
	}), nil
}
