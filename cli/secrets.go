package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/resource"
)

// planSecrets lists the secrets that a saved plan reads when it is applied:
// those of its connections, then those of its steps with their places.
func planSecrets(p *plan.Plan) []config.SecretUse {
	var uses []config.SecretUse
	add := func(at *resource.Range, sources []string) {
		for _, s := range sources {
			uses = append(uses, config.SecretUse{Source: s, At: at})
		}
	}
	for _, scope := range p.Scopes {
		add(nil, secretsIn(scope))
	}
	for _, step := range p.Steps {
		add(step.At, secretsIn(step))
		for _, st := range step.Statements {
			for _, part := range st.SQL {
				if strings.HasPrefix(part.Hole, "env.") || strings.HasPrefix(part.Hole, "var.") {
					add(step.At, []string{part.Hole})
				}
			}
		}
	}
	return uses
}

// secretsIn finds the secrets that stand in the JSON of a part of a plan, as
// resource.Value writes them: {"$secret": "env.NAME"}.
func secretsIn[T resource.Scope | *resource.Step](part T) []string {
	data, err := json.Marshal(part)
	if err != nil || !bytes.Contains(data, []byte(`"$secret"`)) {
		return nil
	}
	var out []string
	dec := json.NewDecoder(bytes.NewReader(data))
	key := false
	for {
		tok, err := dec.Token()
		if err != nil {
			return out
		}
		s, text := tok.(string)
		if text && key {
			out = append(out, s)
		}
		key = text && s == "$secret"
	}
}

// onlySecrets refuses --var for what a saved plan has decided already.
func onlySecrets(vars map[string]string, uses []config.SecretUse) error {
	var ds resource.Diagnostics
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !slices.ContainsFunc(uses, func(u config.SecretUse) bool { return u.Source == "var."+name }) {
			ds.Errorf(nil, fmt.Sprintf("--var %s cannot change a saved plan", name), "give it where the plan is made", "only sensitive variables that the plan refers to are read at apply")
		}
	}
	return ds.Err()
}
