package postgres

import "fmt"

// computedOf says why a column cannot get another type while others are computed of it.
func (a *alteration) computedOf() string {
	if baseType(a.canonical.typ) == baseType(a.have.typ) {
		return ""
	}
	to := map[string]string{a.have.name: a.have.name + "?"}
	for i := range a.tableChange.have.columns {
		g := &a.tableChange.have.columns[i]
		if g.generated == "" || renamedText(g.generated, to) == g.generated {
			continue
		}
		for j := range a.tableChange.want.columns {
			w := &a.tableChange.want.columns[j]
			if orElse(a.renames[w.name], w.name) == g.name && w.generated != "" {
				return fmt.Sprintf("column %s is computed of %s, whose type Postgres does not change meanwhile: take %s out of the file and apply, "+
					"then change the type and put %s back", w.name, a.have.name, w.name, w.name)
			}
		}
	}
	return ""
}
