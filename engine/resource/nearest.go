package resource

import (
	"slices"
	"strings"
)

// Nearest is the candidate that a misspelt name most likely means: the one at
// the least edit distance, if that is small for the length of the name; of
// several, the one that begins like it for longest, then the first in the
// alphabet. "" if there is none.
func Nearest(name string, candidates []string) string {
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
		d := distance(strings.ToLower(name), strings.ToLower(c), limit)
		if d > limit || d > bestDistance {
			continue
		}
		alike, bestAlike := common(name, c), common(name, best)
		if d < bestDistance || alike > bestAlike || alike == bestAlike && c < best {
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

// common counts the letters with which two names begin alike.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
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
