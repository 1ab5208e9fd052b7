package catalog

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSingle(t *testing.T) {
	for text, want := range map[string]error{
		`a > 0`: nil, `(a)`: nil, `'it''s ;('`: nil, `E'\';('`: nil, `"a;("";"`: nil, `$$;($$`: nil, `$x$ $$;( $x$`: nil, `a /* ;( /* ( */ */`: nil,
		`a[1]`: nil, `a$b$c > $1`: nil, "a -- )\n > 0": nil, `'ü'`: nil, `some'x'`: nil,
		`a)`: errClose, `a; b`: errSemi, `(a`: errOpen, `'a`: errOpen, `E'\'`: errOpen, `"a`: errOpen, `$$a`: errOpen, `a -- b`: errOpen, `/* /* */`: errOpen,
		`a) ; (b`: errClose, `one'\'';'`: nil,
	} {
		if got := single(text); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if single(" ") == nil {
		t.Error("an empty text is no expression")
	}
}

func TestIndexDef(t *testing.T) {
	keys, where := indexDef(`CREATE UNIQUE INDEX " USING btree (x)" ON ONLY app."t (" USING btree (lower((a || ','::text)), "b, c" DESC, ((d ->> ')'::text))) INCLUDE (e) NULLS NOT DISTINCT WITH (fillfactor='70') WHERE (a <> ' WHERE '::text)`)
	if diff := cmp.Diff([]string{`lower((a || ','::text))`, `"b, c" DESC`, `((d ->> ')'::text))`}, keys); diff != "" {
		t.Error(diff)
	}
	if where != `(a <> ' WHERE '::text)` {
		t.Error(where)
	}
	if keys, where := indexDef("nothing of the kind"); keys != nil || where != "" {
		t.Error(keys, where)
	}
}

func TestWords(t *testing.T) {
	got := sorted(words(`Lower(a."B""c") <> '"' AND y > $$ " $$ OR ü_É = E'\'"' /* "no" */`))
	want := []string{`B"c`, "a", "and", "e", "lower", "or", "y", "ü_É"}
	got = slices.DeleteFunc(got, func(s string) bool { return s == "" })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestObjectName(t *testing.T) {
	long := "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"
	for _, c := range []struct{ table, column, label, want string }{
		{"t", "a", "seq", "t_a_seq"}, {"t", "", "pkey", "t_pkey"}, {long, "", "pkey", long[:58] + "_pkey"},
		{long, "a", "seq", long[:57] + "_a_seq"}, {long, long, "key", long[:29] + "_" + long[:29] + "_key"},
		{"ääääääääääääääääääääääääääääääx", "", "pkey", "äääääääääääääääääääääääääääää_pkey"},
	} {
		if got := ObjectName(c.table, c.column, c.label); got != c.want || len(got) > 63 {
			t.Errorf("%v: %q", c, got)
		}
	}
}
