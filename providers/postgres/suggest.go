package postgres

import "github.com/tellr-dev/tellr/engine/resource"

// didYouMean words a suggestion for a misspelt name, or "" if none of the known ones is near.
func didYouMean(name string, known []string) string {
	if near := resource.Nearest(name, known); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}
