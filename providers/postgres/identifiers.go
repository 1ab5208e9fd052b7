package postgres

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// maxIdent is NAMEDATALEN-1: the server cuts longer names off with no more than a notice, and two may become one.
const maxIdent = 63

// identProblem says why a text cannot be a name; nil if it can.
func identProblem(name string) error {
	switch {
	case name == "":
		return errors.New(`"" is not a name: it is empty`)
	case strings.ContainsRune(name, 0):
		return fmt.Errorf("%q is not a name: it has a NUL character, which Postgres cannot store", name)
	case len(name) > maxIdent:
		return fmt.Errorf("%q is too long for a name: it has %d bytes, Postgres keeps %d and cuts off the rest", name, len(name), maxIdent)
	default:
		return nil
	}
}

func checkIdent(v resource.Value) error {
	if !v.Known() || v.Kind() == resource.KindRef {
		return nil
	}
	return identProblem(v.Str())
}
