package postgres

import (
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
)

func declareDomain(_ *declarer, v resource.Value) resource.Value {
	v = v.With("type", resource.String(shortType(v.Get("type").Str())))
	return mapEntries(v, "checks", func(c resource.Value) resource.Value {
		if len(c.Fields()) == 1 && c.Has("expression") {
			return c.Get("expression")
		}
		return c
	})
}

func declareComposite(_ *declarer, v resource.Value) resource.Value {
	return mapEntries(v, "attributes", func(a resource.Value) resource.Value {
		return a.With("type", resource.String(shortType(a.Get("type").Str())))
	})
}

func declareRange(_ *declarer, v resource.Value) resource.Value {
	return v.With("subtype", resource.String(shortType(v.Get("subtype").Str())))
}

func declareCollation(_ *declarer, v resource.Value) resource.Value {
	if v.Get("provider").Str() == "libc" {
		return v.Without("provider")
	}
	return v
}

// declareRoutine writes arguments and results as people do; an argument whose type is declared becomes an object, since
// only that can refer to it.
func declareRoutine(d *declarer, v resource.Value) resource.Value {
	if args := slices.Clone(v.Get("arguments").Items()); len(args) > 0 {
		for i := range args {
			if args[i].Kind() == resource.KindString {
				args[i] = d.declareArgument(args[i].Str())
			}
		}
		v = v.With("arguments", resource.List(args...))
	}
	if returns := v.Get("returns").Str(); returns != "" {
		v = v.With("returns", resource.String(shortType(returns)))
	}
	return v
}

func (d *declarer) declareArgument(text string) resource.Value {
	a := parseArgument(text)
	declared := slices.ContainsFunc(typeRef.Refs, func(kind string) bool { return !d.names[calling{kind, a.typ}].IsZero() })
	if !declared {
		a.typ = shortType(a.typ)
		return resource.String(a.String())
	}
	var fields []resource.Field
	for _, f := range []struct{ name, text string }{{"mode", a.mode}, {"name", a.name}, {"type", a.typ}, {"default", a.def}} {
		if f.text != "" {
			fields = append(fields, resource.F(f.name, resource.String(f.text)))
		}
	}
	return resource.Object(fields...)
}
