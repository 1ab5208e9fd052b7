package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/apply"
	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres"
)

const trusted = `
schema "app" { instance = instance.main }

table "notes" {
  schema  = schema.app
  columns = { id = { type = "integer" } }
}
`

// Two databases may look the same, as a branch and its source do: a plan is for
// the one that it was made of.
func TestAPlanIsForOneDatabase(t *testing.T) {
	w := &workspace{dsn: database(t), clients: map[string]string{}}
	p, _ := build(t, w, load(t, trusted), false)
	was := w.dsn
	w.dsn = database(t)
	_, err := apply.Run(context.Background(), apply.Request{Plan: p, Providers: []resource.Provider{w, postgres.New()}})
	var where *resource.Elsewhere
	if !errors.As(err, &where) {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(where.Was, databaseOf(was)) || !strings.Contains(where.Is, databaseOf(w.dsn)) || !strings.Contains(where.Is, " of cluster ") {
		t.Errorf("it says %v", where)
	}
	if again, _ := build(t, w, load(t, trusted), false); len(again.Steps) != len(p.Steps) {
		t.Error("something was done in the other one")
	}
}
