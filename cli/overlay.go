package cli

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tellr-dev/tellr/engine/config"
)

// overlay is the operating system's files with some that are not written yet,
// by their paths.
type overlay map[string][]byte

var _ config.Files = overlay{}

func (o overlay) names() []string { return slices.Sorted(maps.Keys(o)) }

// find gives the text of a file that is not written yet, however its path is
// spelled.
func (o overlay) find(name string) ([]byte, bool) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, false
	}
	for mine, text := range o {
		if a, err := filepath.Abs(mine); err == nil && a == abs {
			return text, true
		}
	}
	return nil, false
}

// ReadFile implements [config.Files].
func (o overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o.find(name); ok {
		return text, nil
	}
	return os.ReadFile(name)
}

// ReadDir implements [config.Files]; it lists what is written.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// Real implements [config.Files].
func (o overlay) Real(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if _, ok := o.find(name); ok {
		return abs, nil
	}
	return filepath.EvalSymlinks(abs)
}
