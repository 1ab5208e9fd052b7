package catalog

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// AskExtension is an extension as desired.
type AskExtension struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// ExtensionFact is what the server has of an extension that is to be installed or updated; its control file decides.
type ExtensionFact struct {
	Default  string   `json:"default,omitempty"` // the version that is installed where none is said
	Versions []string `json:"versions,omitempty"`
	// Requires are the extensions that must be there before, and are not.
	Requires []string `json:"requires,omitempty"`
	// Installed is the version that is there; Path says how it comes to the wanted one.
	Installed string `json:"installed,omitempty"`
	Path      string `json:"path,omitempty"`
	// Others are the extensions that the server has, where it has none of this name.
	Others []string `json:"others,omitempty"`
}

// askExtensions asks the server what it has of extensions that are not there yet, or not in the version that is wanted.
// It is not asked where nothing changes: it reads the files of all extensions for an answer.
func (s *snapshot) askExtensions(ctx context.Context, conn *pgx.Conn, ask []AskExtension) (map[string]ExtensionFact, error) {
	installed := map[string]string{}
	for _, x := range s.extensions {
		installed[x.name] = x.version
	}
	var wanted []string
	for _, x := range ask {
		if have, there := installed[x.Name]; !there || x.Version != "" && x.Version != have {
			wanted = append(wanted, "("+sqltext.Literal(x.Name)+", "+sqltext.Literal(x.Version)+")")
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	results, err := conn.PgConn().Exec(ctx, strings.Replace(offered, "$wanted", strings.Join(wanted, ", "), 1)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("ask the server for its extensions: %w", err)
	}
	out := map[string]ExtensionFact{}
	return out, json.Unmarshal(results[0].Rows[0][0], &out)
}

//go:embed extensions.sql
var offered string
