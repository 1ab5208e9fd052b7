package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// DefaultVersion is what Lakebase gives a new project.
const DefaultVersion = 17

// Versions are the majors that can be asked for, as Lakebase has them.
func Versions() []int { return []int{16, 17, 18} }

// ErrNoPostgres says that no server binary of the wanted version was found. The message of the error that wraps it
// tells where was looked and what to do.
var ErrNoPostgres = errors.New("no postgres binaries")

// Binaries is a folder with bin/postgres and bin/initdb of one version.
type Binaries struct {
	Dir   string
	Major int
}

func (b Binaries) program(name string) string { return filepath.Join(b.Dir, "bin", name) }

// Find looks for the binaries of a major version, first hit wins:
//
//  1. dir, when not empty, else $TELLR_POSTGRES: either the folder itself (bin/, lib/, share/) or one that has a
//     subfolder for each major. What is named explicitly must fit: another version is an error, not a reason to look on.
//  2. the cache that Install fills, CacheDir()/MAJOR.
//  3. postgres and initdb on PATH, or in /usr/lib/postgresql/*/bin.
func Find(ctx context.Context, dir string, major int) (Binaries, error) {
	runAs, err := processUser()
	if err != nil {
		return Binaries{}, err
	}
	if dir == "" {
		dir = os.Getenv("TELLR_POSTGRES")
	}
	if dir != "" {
		return findExplicit(ctx, dir, major, runAs)
	}
	for _, candidate := range candidates(major) {
		if !hasPrograms(candidate) {
			continue
		}
		found, err := majorOf(ctx, candidate, runAs)
		if err == nil && found == major {
			return Binaries{Dir: candidate, Major: major}, nil
		}
	}
	return Binaries{}, fmt.Errorf("postgres %d: %w in %s, on PATH or under /usr/lib/postgresql: run `make postgres`, "+
		"or set TELLR_POSTGRES to a folder that has bin/postgres and bin/initdb of version %d",
		major, ErrNoPostgres, filepath.Join(CacheDir(), strconv.Itoa(major)), major)
}

func findExplicit(ctx context.Context, dir string, major int, runAs account) (Binaries, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Binaries{}, err
	}
	if sub := filepath.Join(dir, strconv.Itoa(major)); hasPrograms(sub) {
		dir = sub
	}
	if !hasPrograms(dir) {
		return Binaries{}, fmt.Errorf("postgres folder %s: %w: it has no bin/postgres and bin/initdb; "+
			"name the folder above bin/", dir, ErrNoPostgres)
	}
	found, err := majorOf(ctx, dir, runAs)
	if err != nil {
		return Binaries{}, fmt.Errorf("postgres folder %s cannot be used: %w", dir, err)
	}
	if found != major {
		return Binaries{}, fmt.Errorf("postgres folder %s: %w: it holds version %d and version %d is wanted; "+
			"name another folder or ask for version %d", dir, ErrNoPostgres, found, major, found)
	}
	return Binaries{Dir: dir, Major: major}, nil
}

func candidates(major int) []string {
	dirs := []string{filepath.Join(CacheDir(), strconv.Itoa(major))}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(filepath.Dir(real)))
		}
	}
	system, _ := filepath.Glob("/usr/lib/postgresql/*")
	slices.Reverse(system)
	return append(dirs, system...)
}

func hasPrograms(dir string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		info, err := os.Stat(filepath.Join(dir, "bin", name))
		if err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// majorOf runs the binary as the user who will run the server, so that an unreadable folder is found here.
func majorOf(ctx context.Context, dir string, runAs account) (int, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "bin", "postgres"), "--version")
	runAs.apply(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s --version as user %s: %w: %s (root starts postgres as another user, "+
			"who must be able to read and enter that folder)", cmd.Path, runAs.name, err, strings.TrimSpace(string(out)))
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s --version says %q, which names no version", cmd.Path, strings.TrimSpace(string(out)))
	}
	return strconv.Atoi(string(m[1]))
}

// CacheDir is where Install puts binaries and where templates are kept: tellr/postgres in the user's cache folder.
// For root it is /var/cache/tellr/postgres, since the user who runs the server cannot enter /root.
func CacheDir() string {
	if os.Geteuid() == 0 && runtime.GOOS != "windows" {
		return "/var/cache/tellr/postgres"
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "tellr", "postgres")
}

// ExtensionDirs are the folders where this server looks for extensions' control files.
func (c *Cluster) ExtensionDirs() []string {
	var dirs []string
	for _, pattern := range []string{"share/postgresql/extension", "share/extension", "share/postgresql/*/extension"} {
		found, _ := filepath.Glob(filepath.Join(c.bin.Dir, pattern))
		dirs = append(dirs, found...)
	}
	return dirs
}
