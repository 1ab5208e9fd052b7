package apply

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/tellr-dev/tellr/engine/resource"
)

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// fits checks a value that an earlier step yielded before it is written into
// a statement or a call.
func fits(shape string, v resource.Value) bool {
	if shape == "int" {
		_, ok := v.Int()
		return ok
	}
	s := v.Str()
	if s == "" || strings.ContainsFunc(s, unicode.IsControl) {
		return false
	}
	switch shape {
	case "uuid":
		return uuid.MatchString(s)
	case "url":
		u, err := url.Parse(s)
		return err == nil && u.Scheme != "" && u.Host != ""
	case "host":
		return !strings.ContainsAny(s, " /@")
	default:
		return true
	}
}
