package ledger

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Doubts words what earlier runs left in doubt for who reads the plan that was
// made since, which settles it: there tells what the world has.
func Doubts(doubts []resource.Doubt, there func(resource.Address) bool) resource.Diagnostics {
	var ds resource.Diagnostics
	said := map[string]bool{}
	for _, d := range doubts {
		if len(d.Steps) == 0 && said[d.Run] {
			continue
		}
		said[d.Run] = true
		detail := "what it was doing in a database is there as a whole, or not at all"
		if len(d.Steps) > 0 {
			lines := make([]string, len(d.Steps))
			for i, s := range d.Steps {
				is := "it is not there"
				if there(s.Address) {
					is = "it is there"
				}
				lines[i] = fmt.Sprintf("%s, %s, begun %s: %s", s.Address, s.Title, s.Started, is)
			}
			detail = strings.Join(lines, "\n")
		}
		ds.Warnf(nil, fmt.Sprintf("run %s by %s, begun %s, was not seen to end", d.Run, d.By, d.Started),
			"the world was read since, and this plan says what is left", "%s", detail)
	}
	return ds
}
