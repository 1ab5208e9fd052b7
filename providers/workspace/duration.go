package workspace

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

var units = []struct {
	letter byte
	d      time.Duration
}{{'d', 24 * time.Hour}, {'h', time.Hour}, {'m', time.Minute}, {'s', time.Second}}

// ParseDuration reads a duration as the language writes it: "5m", "7d",
// "1h30m", in seconds, minutes, hours, days or weeks.
func ParseDuration(s string) (time.Duration, error) {
	var total time.Duration
	rest := s
	for rest != "" {
		n := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if n <= 0 {
			return 0, fmt.Errorf("%q is not a duration: write a number and a unit, such as \"5m\", \"24h\" or \"7d\"", s)
		}
		count, err := strconv.ParseInt(rest[:n], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration: the number is too large", s)
		}
		unit := 7 * 24 * time.Hour
		if rest[n] != 'w' {
			unit = 0
			for _, u := range units {
				if u.letter == rest[n] {
					unit = u.d
				}
			}
		}
		if unit == 0 {
			return 0, fmt.Errorf("%q is not a duration: the units are s, m, h, d and w", s)
		}
		total += time.Duration(count) * unit
		rest = rest[n+1:]
	}
	if s == "" {
		return 0, fmt.Errorf("%q is not a duration: write a number and a unit, such as \"5m\", \"24h\" or \"7d\"", s)
	}
	return total, nil
}

// FormatDuration writes a duration in its largest unit that leaves no rest:
// 604800 s is "7d", 90 s is "90s".
func FormatDuration(d time.Duration) string {
	for _, u := range units {
		if d >= u.d && d%u.d == 0 {
			return strconv.FormatInt(int64(d/u.d), 10) + string(u.letter)
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// FormatSeconds writes a duration as the API does: "604800s".
func FormatSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
