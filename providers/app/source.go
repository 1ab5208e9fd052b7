package app

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tellr-dev/tellr/engine/resource"
)

// maxFile is the largest file that a deployment takes. [reference §1.4]
const maxFile = 10 << 20

// alwaysExcluded is never part of a release.
var alwaysExcluded = []string{".git", "__pycache__", ".databricks", ".DS_Store"}

// findSource gives the source folder: relative to the file in which it is
// written, or else to the environment's folder.
func findSource(source, file, dir string) (string, error) {
	if filepath.IsAbs(source) {
		return source, isDir(source)
	}
	var tried []string
	var candidates []string
	if file != "" {
		candidates = append(candidates, filepath.Join(filepath.Dir(file), filepath.FromSlash(source)))
	}
	candidates = append(candidates, filepath.Join(dir, filepath.FromSlash(source)))
	for _, c := range candidates {
		err := isDir(c)
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if !slices.Contains(tried, c) {
			tried = append(tried, c)
		}
	}
	return "", &resource.Diagnostic{Severity: resource.Error, Summary: "the source folder is not there",
		Detail: "looked for " + strings.Join(tried, " and "),
		Cure:   "correct `source`: it is relative to the file it is written in"}
}

func isDir(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		return &resource.Diagnostic{Severity: resource.Error, Summary: "the source is not a folder", Detail: name + " is a file",
			Cure: "name the folder that holds it"}
	}
	return err
}

// scan lists the files of a release by path, each with its hash.
func scan(dir string, exclude []string) ([]resource.File, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	exclude = append(slices.Clone(alwaysExcluded), exclude...)
	var files []resource.File
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case excluded(rel, exclude):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		case rel == manifestName:
			return problem("a file has a name that tellr needs", rel+" is what tellr writes beside a release", "rename or exclude it")
		case !utf8.ValidString(rel):
			return problem("a file name is not UTF-8", fmt.Sprintf("%q", rel), "rename or exclude it")
		}
		f, err := hashFile(root, rel)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, problem("the source folder has no files", dir+" is empty, or all of it is excluded", "correct `source` or `exclude`")
	}
	slices.SortFunc(files, func(a, b resource.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

func problem(summary, detail, cure string) error {
	return &resource.Diagnostic{Severity: resource.Error, Summary: summary, Detail: detail, Cure: cure}
}

// hashFile reads one file. A symbolic link counts as the file it leads to,
// which must lie in the source folder: what is released is what one sees there.
func hashFile(root, rel string) (resource.File, error) {
	none := resource.File{}
	name := filepath.Join(root, filepath.FromSlash(rel))
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return none, problem("a symbolic link leads nowhere", rel, "correct or exclude it")
	}
	if target != name && !strings.HasPrefix(target, root+string(filepath.Separator)) {
		return none, problem("a symbolic link leads out of the source folder", rel+" leads to "+target, "copy the file into the folder, or exclude it")
	}
	info, err := os.Stat(target)
	if err != nil {
		return none, err
	}
	switch {
	case info.IsDir():
		return none, problem("a symbolic link leads to a folder", rel+" leads to "+target, "copy the folder, or exclude the link")
	case !info.Mode().IsRegular():
		return none, problem("this is not a file", rel+" is a device, a pipe or a socket", "exclude it")
	case info.Size() > maxFile:
		return none, problem("a file is too large for an app", fmt.Sprintf("%s has %s, and a deployment takes files of at most 10 MB", rel, size(info.Size())),
			"exclude it, make it smaller, or keep it in a volume and read it from there")
	}
	f, err := os.Open(target)
	if err != nil {
		return none, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return resource.File{Path: rel, SHA256: hex.EncodeToString(h.Sum(nil)), Size: n}, err
}

// excluded tells whether a path, or a folder on the way to it, fits a glob.
func excluded(rel string, globs []string) bool {
	parts := strings.Split(rel, "/")
	for _, g := range globs {
		g = strings.TrimSuffix(strings.TrimPrefix(g, "./"), "/")
		for i := range parts {
			if !strings.Contains(g, "/") {
				if ok, _ := path.Match(g, parts[i]); ok { // checked to be a glob before
					return true
				}
				continue
			}
			if fits(strings.Split(strings.TrimPrefix(g, "/"), "/"), parts[:i+1]) {
				return true
			}
		}
	}
	return false
}

// fits matches a path with a glob, both in pieces; ** is any number of them.
func fits(glob, parts []string) bool {
	if len(glob) == 0 {
		return len(parts) == 0
	}
	if glob[0] == "**" {
		for i := 0; i <= len(parts); i++ {
			if fits(glob[1:], parts[i:]) {
				return true
			}
		}
		return false
	}
	if len(parts) == 0 {
		return false
	}
	ok, _ := path.Match(glob[0], parts[0])
	return ok && fits(glob[1:], parts[1:])
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%d B", n)
	}
}
