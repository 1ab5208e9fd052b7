package catalog

import (
	"bytes"
	"slices"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/postgres/sqltext"
)

// statisticsRow is an object of extended statistics.
type statisticsRow struct {
	oid          uint32
	schema, name string
	elsewhere    bool // in another schema than its table
	columns      []int16
	exprs, kinds []string
	target       string
	comment      string
}

func (w *raw) takeStatistics(r row) {
	t := w.relation[r.oid(1)]
	if t == nil {
		return
	}
	x := &statisticsRow{oid: r.oid(0), name: r.text(2), elsewhere: r.flag(3), schema: r.text(4), columns: r.numbers(5), comment: r.text(9)}
	decode(r.values[6], &x.exprs)
	decode(r.values[7], &x.kinds)
	if !r.null(8) && !bytes.HasPrefix(r.values[8], []byte("-")) {
		x.target = r.text(8)
	}
	t.statistics = append(t.statistics, x)
}

// statistics are those of a table that stand in its schema.
func (s *shaper) statistics(t *relationRow) fields {
	var out fields
	for _, x := range t.statistics {
		if x.elsewhere {
			continue
		}
		var f fields
		var on, kinds []string
		for _, name := range names(t, x.columns) {
			on = append(on, sqltext.Ident(name))
		}
		f.list("on", append(on, x.exprs...))
		for _, k := range x.kinds {
			if word := map[string]string{"d": "ndistinct", "f": "dependencies", "m": "mcv"}[k]; word != "" {
				kinds = append(kinds, word)
			}
		}
		if slices.Sort(kinds); len(kinds) < 3 {
			f.list("kinds", kinds)
		}
		if x.target != "" {
			f.put("target", resource.Number(x.target))
		}
		f.text("comment", x.comment)
		out.put(x.name, resource.Object(f...))
	}
	return out
}
