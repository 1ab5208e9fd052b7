package config

import (
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// maxSuggested bounds the work of looking for similar names among many, for a
// file in which everything is wrong.
const maxSuggested = 200

// suggest gives the candidate that the user most likely meant, or "".
func (l *loader) suggest(name string, candidates []string) string {
	if len(candidates) > 100 {
		if l.suggested++; l.suggested > maxSuggested {
			return ""
		}
	}
	return resource.Nearest(name, candidates)
}

// didYouMean is the cure for an unknown name: the similar one, or else what
// there is.
func (l *loader) didYouMean(name string, candidates []string, otherwise string) string {
	if s := l.suggest(name, candidates); s != "" {
		return "did you mean " + quoted(s) + "?"
	}
	return otherwise
}

// among lists names for a message.
func among(names []string) string {
	names = slices.Sorted(slices.Values(names))
	if len(names) > 14 {
		return strings.Join(names[:14], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
