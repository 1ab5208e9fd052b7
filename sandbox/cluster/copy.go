package cluster

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"
)

// copyTree copies a data folder, giving the copy to the account. skip sees slash-separated paths relative to from.
// Files that vanish meanwhile are no error: a running server drops files at any time.
func copyTree(ctx context.Context, from, to string, owner account, skip func(path string) bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	walkErr := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path != from {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if skip != nil && skip(filepath.ToSlash(relative)) {
			return nil
		}
		target := filepath.Join(to, relative)
		switch {
		case entry.IsDir():
			if err := os.MkdirAll(target, 0o700); err != nil {
				return err
			}
			return owner.own(target)
		case entry.Type().IsRegular():
			group.Go(func() error { return copyFile(path, target, owner) })
		}
		return nil
	})
	return errors.Join(walkErr, group.Wait())
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}

func copyFile(from, to string, owner account) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	// Plain reads and writes: copy_file_range, which io.Copy would choose, costs more than it saves for small files. The
	// wrappers hide the files' ReadFrom and WriteTo.
	buffer := buffers.Get().(*[]byte)
	_, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{in}, *buffer)
	buffers.Put(buffer)
	if err != nil {
		out.Close()
		return err
	}
	if owner.switches {
		if err := out.Chown(owner.uid, owner.gid); err != nil {
			out.Close()
			return err
		}
	}
	return out.Close()
}
