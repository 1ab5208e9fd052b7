package config

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Files is where configuration files are read. Names are paths as the user
// would type them, relative to the current directory or absolute.
type Files interface {
	ReadFile(name string) ([]byte, error)
	// ReadDir lists a folder in the order of names.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Real gives the absolute path with symbolic links resolved. It fails if
	// there is no such file.
	Real(name string) (string, error)
}

// disk is the operating system's files.
type disk struct{}

func (disk) ReadFile(name string) ([]byte, error)       { return os.ReadFile(name) }
func (disk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

func (disk) Real(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
