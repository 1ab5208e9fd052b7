package config

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tellr-dev/tellr/engine/resource"
)

// known reports an error if the value has a hole in it. what names the place
// that cannot wait.
func (l *loader) known(v resource.Value, e hclsyntax.Expression, s *scope, what string) bool {
	n := maxNodes
	h, found := firstHole(v, &n)
	if found {
		l.holes++
	}
	switch {
	case n < 0:
		s.sink.fail(l.at(e.Range()), "the value is too large", what+" would have to look at more than "+strconv.Itoa(maxNodes)+" elements", "name smaller parts of it")
		return false
	case !found:
		return true
	case h.IsSecret():
		s.sink.fail(l.at(e.Range()), h.String()+" is a secret, which is not read while planning",
			what+" needs the value, and a secret is read only at the moment of use, so that it is in no plan and no message",
			"use the secret as it is, or inside a text: \"…${"+secretExpr(h.Secret)+"}…\"")
	default:
		s.sink.fail(l.at(e.Range()), h.String()+" is known only after apply",
			what+" needs the value while planning, but "+h.Ref.Address.String()+" gets it when it is made",
			"use it as it is, or inside a text: \"…${"+h.String()+"}…\"")
	}
	return false
}

// firstHole finds a hole, looking at no more than n elements: values share
// their parts, so that one of a few lines can have more than any memory holds.
func firstHole(v resource.Value, n *int) (resource.Hole, bool) {
	if *n--; *n < 0 {
		return resource.Hole{}, false
	}
	switch v.Kind() {
	case resource.KindTemplate:
		for _, p := range v.Parts() {
			if p.Hole != nil {
				return *p.Hole, true
			}
		}
	case resource.KindList:
		for _, x := range v.Items() {
			if h, ok := firstHole(x, n); ok || *n < 0 {
				return h, ok
			}
		}
	case resource.KindObject:
		for _, f := range v.Fields() {
			if h, ok := firstHole(f.Value, n); ok || *n < 0 {
				return h, ok
			}
		}
	}
	return resource.Hole{}, false
}

func secretExpr(source string) string {
	if name, ok := strings.CutPrefix(source, "env."); ok {
		return `env("` + name + `")`
	}
	return source
}
