package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// findFile checks that an argument names a file, and else says which one may
// have been meant: the file of an environment of that name, or the nearest.
func findFile(name, verb string) error {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.IsDir():
		return nil
	case err == nil:
		cure := "name one file"
		if files := hclFiles(name); len(files) > 0 {
			cure = "name one of its files: " + strings.Join(files[:min(5, len(files))], ", ")
		}
		return fail(name+" is a folder, and an environment is a file", "", cure)
	case !errors.Is(err, fs.ErrNotExist):
		return fail("cannot read "+name, reason(err), "")
	}
	if file := filepath.Join("environments", name+".hcl"); !strings.ContainsAny(name, `./\`) && exists(file) {
		return fail(fmt.Sprintf("%s is not a file", name), "", fmt.Sprintf("tellr %s %s", verb, file))
	}
	candidates := slices.Concat(hclFiles(filepath.Dir(name)), hclFiles("environments"))
	cure := ""
	base := func(f string) string { return strings.TrimSuffix(filepath.Base(f), ".hcl") }
	var bases []string
	for _, c := range candidates {
		bases = append(bases, base(c))
	}
	if i := slices.Index(bases, nearest(base(name), bases)); i >= 0 {
		cure = "did you mean " + candidates[i] + "?"
	} else if len(candidates) > 0 {
		cure = "there is " + strings.Join(candidates[:min(5, len(candidates))], ", ")
	}
	return fail(fmt.Sprintf("there is no file %s", name), "", cure)
}

func exists(file string) bool {
	info, err := os.Stat(file)
	return err == nil && !info.IsDir()
}

func hclFiles(dir string) []string {
	files, _ := filepath.Glob(filepath.Join(dir, "*.hcl")) // the pattern is right unless the folder's name is odd
	return files
}

// reason is an error of the system without the path that the message has
// already.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err.Error()
	}
	return err.Error()
}

// readPlanFile reads a file that should be a saved plan.
func readPlanFile(name, verb string) ([]byte, error) {
	if err := findFile(name, verb); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fail("cannot read "+name, reason(err), "")
	}
	return data, nil
}

// isPlanFile tells a saved plan from an environment file by its content.
func isPlanFile(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head) // an empty file is not a plan
	return bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{"))
}

// private is the mode of a file that its owner alone may read: a plan says
// much about what it deploys.
const private fs.FileMode = 0o600

// writeFile writes a file whole or not at all.
func writeFile(name string, data []byte, mode fs.FileMode) (err error) {
	if to, err := filepath.EvalSymlinks(name); err == nil {
		name = to
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fail("cannot write "+name, reason(err), "")
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fail("cannot write "+name, reason(err), "")
		}
	}()
	if err := errors.Join(f.Chmod(mode), write(f, data), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func write(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}
