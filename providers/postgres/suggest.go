package postgres

import (
	"slices"
	"strings"
)

// didYouMean words a suggestion for a misspelt name, or "" if none of the known ones is near.
func didYouMean(name string, known []string) string {
	best, at := 1+max(1, len(name)/2), ""
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k), best); d < best {
			best, at = d, k
		}
	}
	if at == "" {
		return ""
	}
	return "did you mean " + at + "?"
}

// distance counts the letters to change, add or take away (Levenshtein), and stops counting at limit.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
		if slices.Min(row) >= limit {
			return limit
		}
	}
	return row[len(b)]
}
