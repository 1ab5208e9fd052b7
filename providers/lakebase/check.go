package lakebase

import (
	"github.com/tellr-dev/tellr/engine/resource"
)

const never = "never"

// maxSpan is how far max_cu may lie above min_cu. [reference §1.2]
const maxSpan = 16

// checkInstance validates what spans several attributes. Holes are passed
// over: the API sees what fills them.
func checkInstance(r *resource.Resource) resource.Diagnostics {
	var ds resource.Diagnostics
	// The name may come from the label, which the name's own check does not see.
	if r.Attrs.Get("name").IsNull() && !namePattern.MatchString(r.Address.Name) {
		ds.Errorf(r.Range, "the label is no name for an instance", "add `name = \"…\"`, of a-z, 0-9 and -, beginning with a letter",
			"%s has no name, so its label %q would be it", r.Address, r.Address.Name)
	}
	if r.Attrs.Get("name").IsNull() && r.Address.Keyed {
		ds.Errorf(r.Range, "several instances would have one name", "add a name with each.key in it, such as `name = \"db-${each.key}\"`",
			"%s has no name, so its label would be it, as for its siblings", r.Address)
	}
	var blocks []string
	for _, b := range []string{autoscaling, provisioned, plain} {
		if !r.Attrs.Get(b).IsNull() {
			blocks = append(blocks, b)
		}
	}
	if len(blocks) > 1 {
		ds.Errorf(r.Attrs.Get(blocks[1]).Range(), "an instance is of one type", "keep one of the blocks",
			"%s has both %s and %s", r.Address, blocks[0], blocks[1])
	}
	checkAutoscaling(r, &ds)
	checkProvisioned(r, &ds)
	if !r.Attrs.Get(plain).IsNull() && r.Attrs.Get("existing").Bool() {
		ds.Warnf(r.Attrs.Get("existing").Range(), "existing says nothing here", "leave it out",
			"%s is a plain Postgres: tellr never makes or removes one", r.Address)
	}
	for i := range ds {
		ds[i].Address = r.Address
	}
	return ds
}

func checkAutoscaling(r *resource.Resource, ds *resource.Diagnostics) {
	a := r.Attrs.Get(autoscaling)
	low, high := a.Get("min_cu"), a.Get("max_cu")
	if low.IsNull() != high.IsNull() {
		has, lacks := low, "max_cu"
		if low.IsNull() {
			has, lacks = high, "min_cu"
		}
		ds.Errorf(has.Range(), "half a range of sizes", "add "+lacks, "%s has no %s: both ends are needed, so that a size is never half of it the platform's choice", r.Address, lacks)
		return
	}
	l, okL := low.Float()
	h, okH := high.Float()
	if !okL || !okH {
		return
	}
	switch {
	case h < l:
		ds.Errorf(high.Range(), "the largest size is below the smallest", "exchange them, or raise max_cu",
			"max_cu = %s is below min_cu = %s", high.Show(), low.Show())
	case h-l > maxSpan:
		ds.Errorf(high.Range(), "the range of sizes is too wide", "raise min_cu or lower max_cu",
			"max_cu = %s is more than %d above min_cu = %s, which Lakebase does not allow", high.Show(), maxSpan, low.Show())
	}
}

func checkProvisioned(r *resource.Resource, ds *resource.Diagnostics) {
	p := r.Attrs.Get(provisioned)
	if p.IsNull() {
		return
	}
	if p.Get("capacity").IsNull() && !r.Attrs.Get("existing").Bool() {
		at := p.Range()
		if at.IsZero() {
			at = r.Range
		}
		ds.Errorf(at, "an instance without a size", "add `capacity = \"CU_1\"` (or CU_2, CU_4, CU_8)", "%s is provisioned, which has no size of its own choice", r.Address)
	}
	nodes, known := p.Get("node_count").Int()
	if p.Get("enable_readable_secondaries").Bool() && (p.Get("node_count").IsNull() || known && nodes < 2) {
		ds.Errorf(p.Get("enable_readable_secondaries").Range(), "no secondary to read from", "set node_count to 2 or 3",
			"enable_readable_secondaries needs nodes beside the primary")
	}
}
