package config

import (
	"slices"
	"strings"
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
	return nearest(name, candidates)
}

// nearest is the candidate at the least edit distance, if that is small for
// the length of the name; the first in the alphabet wins a tie.
func nearest(name string, candidates []string) string {
	best, limit := "", 2
	switch n := len(name); {
	case n <= 2:
		limit = 1
	case n >= 10:
		limit = 3
	}
	bestDistance := limit + 1
	for _, c := range candidates {
		if c == name {
			continue
		}
		d := 0
		if !strings.EqualFold(c, name) {
			d = distance(name, c, limit)
		}
		if d < bestDistance || d == bestDistance && d <= limit && c < best {
			best, bestDistance = c, d
		}
	}
	if best == "" && len(name) >= 4 {
		// A word left out: "instance" for "instance_id".
		for _, c := range slices.Sorted(slices.Values(candidates)) {
			if len(c) >= 4 && (strings.HasPrefix(c, name+"_") || strings.HasPrefix(name, c+"_")) {
				return c
			}
		}
	}
	return best
}

// distance counts insertions, deletions, substitutions and swaps of
// neighbours; anything above limit is limit+1.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit || len(a) > 200 {
		return limit + 1
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
			least = min(least, cur[j])
		}
		if least > limit {
			return limit + 1
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], limit+1)
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
