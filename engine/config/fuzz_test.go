package config_test

import (
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tellr-dev/tellr/engine/config"
)

func FuzzLoad(f *testing.F) {
	cases, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range cases {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var main, other []byte
		for _, x := range ar.Files {
			switch {
			case filepath.Ext(x.Name) != ".hcl":
			case main == nil:
				main = x.Data
			default:
				other = append(other, x.Data...)
			}
		}
		f.Add(string(main), string(other))
	}
	f.Fuzz(same)
}

// same loads a file, and another that it may include, and checks what holds of
// every result.
func same(t *testing.T, main, other string) {
	m := memory{
		".git/HEAD": {}, "env.hcl": &fstest.MapFile{Data: []byte(main)},
		"b.hcl": &fstest.MapFile{Data: []byte(other)}, "t.tpl": &fstest.MapFile{Data: []byte(other)},
	}
	o := config.Options{Kinds: testKinds(), Files: m, Vars: map[string]string{"a": other}}
	env, ds := config.Load("env.hcl", o)
	checkPlaces(t, env)
	for _, d := range ds {
		if d.Summary == "" || d.Detail == "" || d.Cure == "" {
			t.Errorf("a message lacks a part: %+v", d)
		}
	}
	whole, ds2 := config.LoadWhole("env.hcl", o)
	if diff := cmp.Diff(dump(whole, ds2), dump(env, ds)); diff != "" {
		t.Errorf("-as a whole +block by block\n%s", diff)
	}
	if diff := cmp.Diff(places(whole), places(env)); diff != "" {
		t.Errorf("-as a whole +block by block\n%s", diff)
	}
	config.Format([]byte(main), "env.hcl")
}
