package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

// place puts the files into the overlay, and sees to it that none is there.
func (im *importing) place(written []config.Written) error {
	dir := im.o.Out
	if im.header != nil {
		dir = filepath.Join(dir, im.base())
	}
	for _, w := range written {
		im.files[filepath.Join(dir, w.Name)] = w.Text
	}
	var there []string
	for _, name := range im.files.names() {
		if _, err := os.Lstat(name); err == nil {
			there = append(there, name)
		}
	}
	if len(there) > 0 && !im.o.Force {
		return fail("files are there already, and none was overwritten", strings.Join(there, ", "), "name an empty folder, or add --force")
	}
	return nil
}

// write puts the files where they belong.
func (im *importing) write() error {
	if im.header != nil {
		im.files[im.env.File] = im.header
	}
	for _, name := range im.files.names() {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fail("cannot make the folder of "+name, reason(err), "")
		}
		if err := writeFile(name, im.files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// report says what was written, and what was not.
func (im *importing) report(written []config.Written, snap *resource.Snapshot) {
	counts := map[string]int{}
	var kinds []string
	for _, w := range written {
		for _, r := range w.Resources {
			if counts[r.Kind.Name]++; counts[r.Kind.Name] == 1 {
				kinds = append(kinds, r.Kind.Name)
			}
		}
	}
	slices.Sort(kinds)
	var parts []string
	for _, k := range kinds {
		parts = append(parts, render.Count(counts[k], strings.ReplaceAll(k, "_", " ")))
	}
	names := im.files.names()
	fmt.Fprintf(im.Out, "Imported %s into %s.\n", strings.Join(parts, ", "), render.Count(len(names), "file"))
	for _, name := range names {
		fmt.Fprintf(im.Out, "  %s\n", name)
	}
	if counts["role"] > 0 {
		fmt.Fprintln(im.Out, "No password is in them: a database does not tell it. Write password = env(\"NAME\") where a role is to be made anew.")
	}
	im.leftOut(snap)
	if im.header != nil {
		fmt.Fprintf(im.Out, "\nNext: DATABASE_URL=… tellr plan %s\n", im.env.File)
		return
	}
	if rel, err := filepath.Rel(im.env.Dir, im.o.Out); err == nil {
		fmt.Fprintf(im.Out, "\nNext: have %s include them, include = [%q], unless it does already.\n", im.env.File, filepath.ToSlash(rel)+"/*.hcl")
	}
}

// leftOut names what no kind is for.
func (im *importing) leftOut(snap *resource.Snapshot) {
	for _, u := range snap.Undeclared {
		fmt.Fprintf(im.Err, "Not imported, as tellr has no kind for it: %s in %s: %s\n", render.Count(len(u.Names), u.Kind), u.Where, strings.Join(u.Names, ", "))
	}
}
