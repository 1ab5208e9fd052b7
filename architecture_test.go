package main_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tellr-dev/tellr"

// house is the floors of the architecture: each folder with what it may
// import of tellr. A folder not listed here has no place in the house.
var house = []struct {
	folder string
	may    []string
}{
	{"engine/resource", nil},
	{"runtime/pgwire", nil},
	{"runtime/lakebase", nil},
	{"runtime/proxy", []string{"runtime"}},
	{"runtime/doctor", []string{"runtime"}},
	{"engine/internal/fake", []string{"engine/resource"}},
	{"engine/config", []string{"engine/resource", "engine/graph"}},
	{"engine/graph", []string{"engine/resource"}},
	{"engine/diff", []string{"engine/resource"}},
	{"engine/ledger", []string{"engine/resource"}},
	{"engine/plan", []string{"engine/resource", "engine/diff", "engine/graph", "engine/ledger"}},
	{"engine/apply", []string{"engine/resource", "engine/diff", "engine/ledger", "engine/plan"}},
	{"engine/render", []string{"engine/resource", "engine/plan"}},
	{"providers/workspace", []string{"engine/resource"}},
	{"providers/lakebase", []string{"engine/resource", "providers/workspace"}},
	{"providers/app", []string{"engine/resource", "providers/workspace"}},
	{"providers/postgres", []string{"engine/resource"}},
	{"sandbox", []string{"runtime", "sandbox"}},
	{"cli", []string{"engine", "providers", "sandbox", "runtime", "cli"}},
	{"golden", nil},
	{"examples/go-service", []string{"runtime/lakebase"}},
	{".", []string{"cli"}},
}

// doors are libraries that stay behind one: the rooms that may import them.
var doors = map[string][]string{
	"github.com/zclconf/go-cty":               {"engine/config"},
	"github.com/hashicorp/hcl":                {"engine/config"},
	"github.com/spf13":                        {"cli"},
	"github.com/databricks/databricks-sdk-go": {"providers/workspace", "providers/lakebase", "providers/app", "runtime/lakebase"},
}

type file struct {
	name    string
	folder  string
	imports []string
}

// sources lists the repository's Go files, without tests.
func sources(t *testing.T) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != "." || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(name), folder: path.Dir(filepath.ToSlash(name))}
		for _, i := range parsed.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, p)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func within(folder, room string) bool {
	return folder == room || strings.HasPrefix(folder, room+"/")
}

func TestFloorsImportDownwards(t *testing.T) {
	for _, f := range sources(t) {
		var may []string
		room := ""
		for _, h := range house {
			if (within(f.folder, h.folder) || h.folder == "." && f.folder == ".") && len(h.folder) >= len(room) {
				room, may = h.folder, h.may
			}
		}
		if room == "" {
			t.Errorf("%s stands in no room of the house; give its folder a place in this test and in the architecture", f.name)
			continue
		}
		for _, i := range f.imports {
			target, ours := strings.CutPrefix(i, module+"/")
			if !ours || within(target, room) {
				continue
			}
			allowed := false
			for _, m := range may {
				allowed = allowed || within(target, m)
			}
			if !allowed {
				t.Errorf("%s imports %s, which %s may not know", f.name, target, room)
			}
		}
	}
}

func TestLibrariesStayBehindTheirDoor(t *testing.T) {
	for _, f := range sources(t) {
		for _, i := range f.imports {
			for lib, rooms := range doors {
				if (i == lib || strings.HasPrefix(i, lib+"/")) && !slices.ContainsFunc(rooms, func(r string) bool { return within(f.folder, r) }) {
					t.Errorf("%s imports %s, which only %v may", f.name, i, rooms)
				}
			}
			if i == "github.com/databricks/databricks-sdk-go" {
				t.Errorf("%s imports the SDK's root package, which compiles every service", f.name)
			}
		}
	}
}

func TestEveryPackageStatesItsContract(t *testing.T) {
	seen := map[string]bool{".": true}
	for _, f := range sources(t) {
		if seen[f.folder] {
			continue
		}
		seen[f.folder] = true
		doc, err := os.ReadFile(filepath.Join(f.folder, "doc.go"))
		if err != nil || !regexp.MustCompile(`(?m)^// (Package|Command) `).Match(doc) {
			t.Errorf("%s has no doc.go that states its contract", f.folder)
		}
		if regexp.MustCompile(`(^|/)(util|utils|common|helpers?|misc|shared|manager)$`).MatchString(f.folder) {
			t.Errorf("%s: the name says nothing", f.folder)
		}
	}
}

func TestNoInit(t *testing.T) {
	init := regexp.MustCompile(`(?m)^func init\(\)`)
	for _, f := range sources(t) {
		src, err := os.ReadFile(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if init.Match(src) {
			t.Errorf("%s has an init function", f.name)
		}
	}
}
