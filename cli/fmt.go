package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/render"
)

type fmtOptions struct {
	Paths []string
	Check bool
	Diff  bool
}

func newFmtCommand(p *program) *cobra.Command {
	o := fmtOptions{}
	cmd := &cobra.Command{
		Use:        "fmt [FILE | FOLDER]...",
		Short:      "Format files canonically",
		SuggestFor: []string{"format"},
		Long: `fmt rewrites HCL files in canonical form: two spaces a level, equal signs aligned.
Folders are searched for *.hcl; without an argument, the current one. It prints
the names of the files that it changed. A dash reads standard input and writes
standard output.`,
		Example: `  tellr fmt

  # in CI: fail if a file is not formatted, and show how it should be
  tellr fmt --check --diff environments examples`,
		Annotations: exits{
			exitDone:  "all files are formatted",
			exitError: "error; with --check: a file is not formatted",
		}.annotations(),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return p.runFmt(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Check, "check", false, "write nothing; exit with 1 if a file is not formatted")
	cmd.Flags().BoolVar(&o.Diff, "diff", false, "show the changes; with --check they are not made")
	return cmd
}

func (p *program) runFmt(ctx context.Context, o fmtOptions) error {
	if len(o.Paths) == 0 {
		o.Paths = []string{"."}
	}
	if slices.Equal(o.Paths, []string{"-"}) {
		return p.formatStream(o)
	}
	files, err := formatFiles(o.Paths)
	if err != nil {
		return err
	}
	changed, bad := false, false
	for _, file := range files {
		c, err := p.formatFile(file, o)
		if err != nil {
			bad = true
			_, ds := p.explain(ctx, err)
			p.diagnose(ds)
		}
		changed = changed || c
	}
	if bad || o.Check && changed {
		return status(exitError)
	}
	return nil
}

// formatFile formats one file, and tells whether that changes it.
func (p *program) formatFile(file string, o fmtOptions) (bool, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return false, fail("cannot read "+file, reason(err), "")
	}
	out, err := p.format(src, file)
	if err != nil || bytes.Equal(src, out) {
		return false, err
	}
	if o.Diff {
		if _, err := io.WriteString(p.Out, render.UnifiedDiff(filepath.ToSlash(file), string(src), string(out), p.outColored())); err != nil {
			return true, err
		}
	} else {
		p.say("%s", file)
	}
	if o.Check {
		return true, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return true, err
	}
	return true, writeFile(file, out, info.Mode().Perm())
}

func (p *program) format(src []byte, name string) ([]byte, error) {
	out, ds := config.Format(src, name)
	if ds.HasErrors() {
		if p.sources == nil {
			p.sources = map[string][]byte{}
		}
		p.sources[name] = src
		return nil, ds
	}
	return out, nil
}

func (p *program) formatStream(o fmtOptions) error {
	src, err := io.ReadAll(p.In)
	if err != nil {
		return err
	}
	out, err := p.format(src, "standard input")
	switch {
	case err != nil:
		return err
	case o.Diff:
		_, err = io.WriteString(p.Out, render.UnifiedDiff("stdin", string(src), string(out), p.outColored()))
	case !o.Check:
		_, err = p.Out.Write(out)
	}
	if err == nil && o.Check && !bytes.Equal(src, out) {
		return status(exitError)
	}
	return err
}

// formatFiles finds the files that arguments name; folders are searched,
// hidden ones left out.
func formatFiles(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, findFile(path, "fmt")
		case err != nil:
			return nil, fail("cannot read "+path, reason(err), "")
		case !info.IsDir():
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && name != path && strings.HasPrefix(d.Name(), "."):
				return filepath.SkipDir
			case !d.IsDir() && filepath.Ext(name) == ".hcl":
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, fail("cannot read "+path, reason(err), "")
		}
	}
	return files, nil
}
