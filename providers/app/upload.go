package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime/multipart"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/tellr-dev/tellr/engine/resource"
	"github.com/tellr-dev/tellr/providers/workspace"
)

// writers bounds the files that are sent at once; the SDK's client itself
// sends at most 15 requests a second.
const writers = 6

// upload puts the files of a release into its folder, the manifest last. Every
// file must be what the plan has seen.
func (s *session) upload(ctx context.Context, c *workspace.Client, step *resource.Step, target string, progress func(string)) error {
	u := step.Upload
	dir := filepath.FromSlash(u.Source)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.dir, dir)
	}
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return problem("the source folder is not there", err.Error(), "apply where the plan was made, or plan again")
	}
	if err := unchanged(root, u.Files); err != nil {
		return err
	}
	want := manifestFrom(step)
	if done := readManifest(ctx, c, target); done != nil && slices.Equal(done.Files, u.Files) {
		progress("all files are there already")
		return nil
	}
	for _, folder := range folders(target, u.Files) {
		body := resource.Object(resource.F("path", resource.String(folder)))
		call := &resource.Call{Method: "POST", Path: resource.String("/api/2.0/workspace/mkdirs"), Body: body}
		if err := c.Do(ctx, call, nil, progress, nil); err != nil {
			return workspace.Explain(err, "making folder "+folder, "CAN_EDIT on the folder above it")
		}
	}
	var sent atomic.Int64
	group, inGroup := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for _, f := range u.Files {
		group.Go(func() error {
			data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Path)))
			if err != nil {
				return err
			}
			if err := send(inGroup, c, path.Join(target, f.Path), data); err != nil {
				return err
			}
			progress(fmt.Sprintf("%d of %d files", sent.Add(1), len(u.Files)))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	text, err := json.Marshal(want)
	if err != nil {
		return err
	}
	return send(ctx, c, path.Join(target, manifestName), text)
}

// unchanged refuses files that are no longer what the plan has seen.
func unchanged(root string, files []resource.File) error {
	var moved []string
	for _, f := range files {
		now, err := hashFile(root, f.Path)
		var d *resource.Diagnostic
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.As(err, &d):
			moved = append(moved, f.Path)
		case err != nil:
			return err
		case now != f:
			moved = append(moved, f.Path)
		}
	}
	if len(moved) > 0 {
		return problem("files changed after the plan was made", few(moved), "plan again: what was reviewed is what runs")
	}
	return nil
}

// folders lists the folders that the files need, parents first; mkdirs makes
// parents, so a folder that has a subfolder is left out.
func folders(target string, files []resource.File) []string {
	out := []string{target}
	for _, f := range files {
		if d := path.Join(target, path.Dir(f.Path)); !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// send writes one file as it is: format RAW, since AUTO makes a notebook of a
// file that begins like one. [reference §1.4]
func send(ctx context.Context, c *workspace.Client, name string, data []byte) error {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	part, err := w.CreateFormFile("content", "content")
	if err == nil {
		_, err = part.Write(data)
	}
	if err := errors.Join(err, w.WriteField("path", name), w.WriteField("format", "RAW"), w.WriteField("overwrite", "true"), w.Close()); err != nil {
		return fmt.Errorf("packing %s: %w", name, err)
	}
	err = c.Post(ctx, "/api/2.0/workspace/import", w.FormDataContentType(), buf.Bytes())
	return workspace.Explain(err, "writing "+name, "CAN_EDIT on the folder")
}
