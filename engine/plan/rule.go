package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// CheckKind is the block by which files limit what a plan may do.
var CheckKind = &resource.Kind{
	Name: "check", Rule: true,
	Doc: "A limit on what plans may do to the database and to those who use it. A step beyond it is blocked until --allow-check names the check. " +
		"A limit that is not written does not exist.",
	Example: `
check "no_long_locks" {
  max_rewrite_bytes = "1GB"
  max_scan_rows     = 1000000
  forbid            = ["privileges_widened"]
  on                = ["table.*", "grants.*"]
  message           = "Ask #data first: this table is busy all day"
}`,
	Attrs: []resource.Attr{
		{
			Name: "forbid", Type: resource.SetOf(resource.Text), Check: checkHazards,
			Doc: "Hazards that no statement may have: data_destroyed, rewrite, lock, scan, index_dropped, undeclared_dropped, privileges_widened, invalidates. Default: none.",
		},
		{Name: "max_rewrite_bytes", Type: resource.Text, Check: checkSize, Doc: `How much of a table a statement may copy: "500MB", "1GB". Default: no limit here; above 1 GB a step must be named anyway.`},
		{Name: "max_rewrite_rows", Type: resource.Whole, Check: checkCount, Doc: "How many rows a statement may copy. Default: no limit."},
		{Name: "max_scan_bytes", Type: resource.Text, Check: checkSize, Doc: "How much of a table a statement may read through while others wait. Default: no limit."},
		{Name: "max_scan_rows", Type: resource.Whole, Check: checkCount, Doc: "How many rows a statement may read through while others wait. Default: no limit."},
		{Name: "max_lock_bytes", Type: resource.Text, Check: checkSize, Doc: "Size of the largest table whose readers or writers a statement may keep waiting. Default: no limit."},
		{Name: "max_lock_rows", Type: resource.Whole, Check: checkCount, Doc: "Rows of the largest table whose readers or writers a statement may keep waiting. Default: no limit."},
		{Name: "max_destroyed_rows", Type: resource.Whole, Check: checkCount, Doc: "How many rows a step may destroy, or take values from. Default: no limit."},
		{Name: "on", Type: resource.SetOf(resource.Text), Check: checkPatterns, Doc: `Addresses that it is about, with * for any text: "table.*", "table.orders". Default: all.`},
		{Name: "message", Type: resource.Text, Doc: "What to tell who meets the limit: whom to ask, what to do instead. Default: nothing."},
	},
	Check: checkRule,
}

func checkHazards(v resource.Value) error {
	for _, x := range v.StringList() {
		if !slices.Contains(resource.HazardKinds, resource.HazardKind(x)) {
			words := make([]string, len(resource.HazardKinds))
			for i, k := range resource.HazardKinds {
				words[i] = string(k)
			}
			return fmt.Errorf("%q is not a hazard: there are %s", x, strings.Join(words, ", "))
		}
	}
	return nil
}

func checkSize(v resource.Value) error {
	if _, ok := parseSize(v.Str()); !ok {
		return fmt.Errorf("%q is not a size: write a whole number and B, kB, MB, GB or TB", v.Str())
	}
	return nil
}

func checkCount(v resource.Value) error {
	if n, ok := v.Int(); !ok || n < 0 {
		return fmt.Errorf("%s is not a number of rows: write 0 or more", v.Show())
	}
	return nil
}

func checkPatterns(v resource.Value) error {
	for _, x := range v.StringList() {
		if !strings.Contains(x, ".") && x != "*" {
			return fmt.Errorf("%q is not an address, or a pattern of some: write table.orders, or table.*", x)
		}
	}
	return nil
}

// checkRule refuses a check that limits nothing: whoever wrote it means it to.
func checkRule(r *resource.Resource) resource.Diagnostics {
	var ds resource.Diagnostics
	for _, f := range r.Attrs.Fields() {
		if f.Name != "on" && f.Name != "message" && !f.Value.IsNull() {
			return nil
		}
	}
	ds.Errorf(r.Range, r.Address.String()+" limits nothing", `write forbid = ["data_destroyed"], or a limit such as max_rewrite_bytes = "1GB"`,
		"it has neither a forbidden hazard nor a limit")
	return ds
}

// parseSize reads "1GB"; units are powers of 1024, as Postgres counts.
func parseSize(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	unit := int64(1)
	for i, suffix := range []string{"kb", "mb", "gb", "tb"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(s), suffix); ok {
			s, unit = rest, 1<<(10*(i+1))
			break
		}
	}
	if unit == 1 {
		s = strings.TrimSuffix(strings.ToLower(s), "b")
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return 0, false
	}
	return n * unit, true
}

// rule is one check block, ready to be asked.
type rule struct {
	name, message string
	at            *resource.Range
	forbid        []resource.HazardKind
	on            []string
	limits        []limit
}

// limit is one number that a hazard of a kind may not go beyond.
type limit struct {
	attr  string
	kind  resource.HazardKind
	bytes bool
	most  int64
}

func (b *builder) readRules() {
	for _, r := range b.req.Rules {
		x := rule{name: r.Address.Name, message: r.Attrs.Get("message").Str(), at: r.Range, on: r.Attrs.Get("on").StringList()}
		if r.Address.Keyed {
			x.name += `["` + r.Address.Key + `"]`
		}
		for _, k := range r.Attrs.Get("forbid").StringList() {
			x.forbid = append(x.forbid, resource.HazardKind(k))
		}
		for _, l := range []limit{
			{attr: "max_rewrite_bytes", kind: resource.HazardRewrite, bytes: true}, {attr: "max_rewrite_rows", kind: resource.HazardRewrite},
			{attr: "max_scan_bytes", kind: resource.HazardScan, bytes: true}, {attr: "max_scan_rows", kind: resource.HazardScan},
			{attr: "max_lock_bytes", kind: resource.HazardLock, bytes: true}, {attr: "max_lock_rows", kind: resource.HazardLock},
			{attr: "max_destroyed_rows", kind: resource.HazardDataDestroyed},
		} {
			v := r.Attrs.Get(l.attr)
			switch {
			case v.IsNull():
				continue
			case !v.Known():
				b.ds.Errorf(v.Range(), fmt.Sprintf("%s of %s must be known when the plan is made", l.attr, r.Address),
					"write it out, or use a variable", "it depends on what exists only later")
				continue
			case l.bytes:
				l.most, _ = parseSize(v.Str()) // checked when it was read
			default:
				l.most, _ = v.Int()
			}
			x.limits = append(x.limits, l)
		}
		b.rules = append(b.rules, x)
	}
}

// violations words what of a step is beyond the rule, with the statement and
// the place of the rule.
func (r rule) violations(s *resource.Step) []string {
	if len(r.on) > 0 && !slices.ContainsFunc(r.on, func(p string) bool { return matches(p, s.Address.String()) }) {
		return nil
	}
	var out []string
	for _, st := range s.Statements {
		for _, h := range st.Hazards {
			why := ""
			if slices.Contains(r.forbid, h.Kind) {
				why = "forbids " + string(h.Kind)
			}
			for _, l := range r.limits {
				n := h.Rows
				if l.bytes {
					n = h.Bytes
				}
				if l.kind == h.Kind && n > l.most {
					why = l.attr + " is exceeded"
				}
			}
			if why == "" {
				continue
			}
			text := fmt.Sprintf("check %q (%s) %s: %s", r.name, r.at, why, h.Detail)
			if n := amount(h.Rows, h.Bytes); n != "" {
				text += ", " + n
			}
			sql, _, more := strings.Cut(st.SQL.String(), "\n")
			if more {
				sql += " …"
			}
			text += ", by " + sql
			if r.message != "" {
				text += ". " + r.message
			}
			out = append(out, text)
		}
	}
	return out
}

// matches tells whether a text has the form of a pattern, in which * stands
// for any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	for _, p := range parts[1:last] {
		if !ok {
			return false
		}
		_, text, ok = strings.Cut(text, p)
	}
	return ok && strings.HasSuffix(text, parts[last])
}

// amount words rows and bytes as people say them; "" for none.
func amount(rows, bytes int64) string {
	var parts []string
	if rows > 0 {
		parts = append(parts, fmt.Sprintf("about %d rows", rows))
	}
	switch {
	case bytes >= 1<<30:
		parts = append(parts, fmt.Sprintf("%.1f GB", float64(bytes)/(1<<30)))
	case bytes >= 1<<20:
		parts = append(parts, fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)))
	case bytes > 0:
		parts = append(parts, fmt.Sprintf("%d kB", (bytes+1023)/1024))
	}
	return strings.Join(parts, ", ")
}
