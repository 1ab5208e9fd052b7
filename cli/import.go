package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tellr-dev/tellr/engine/config"
	"github.com/tellr-dev/tellr/engine/plan"
	"github.com/tellr-dev/tellr/engine/render"
	"github.com/tellr-dev/tellr/engine/resource"
)

type importOptions struct {
	From      string // an environment file, or the URL of a Postgres database
	Vars      variables
	Out       string
	Schemas   []string
	Instance  string
	Roles     bool
	Exclusive bool
	OneFile   bool
	Force     bool
}

func newImportCommand(p *program) *cobra.Command {
	o := importOptions{}
	cmd := &cobra.Command{
		Use:        "import ENV.hcl | URL",
		Short:      "Write what a live database holds as declarations",
		SuggestFor: []string{"inspect", "generate", "introspect"},
		Long: `import reads a live database and writes HCL for what no file declares yet: tables,
types, functions, grants, all that tellr has a kind for. What it has none for is
listed by name. Nothing in the database is changed.

Roles belong to the whole cluster and are written only with --roles, never with a
password; else they stay names. Undeclared things and privileges are left alone,
unless --exclusive writes that nothing else is to be in the schemas.

The files are checked before the command ends: a plan with them is empty.
Without --out they are printed. With an environment file, things that it
declares already are left out; with the URL of a Postgres database, an
environment file for it is written too, which takes the URL from DATABASE_URL.`,
		Example: `  # a database that somebody made by hand
  tellr import postgres://me@localhost/shop --out shop
  DATABASE_URL=postgres://me@localhost/shop tellr plan shop/shop.hcl

  # what stands in the schemas of an environment, and is not declared yet
  tellr import environments/dev.hcl --out environments/dev

  # one schema, all in one file
  tellr import environments/dev.hcl --schema reporting --one-file --out reporting`,
		Annotations: exits{
			exitDone:        "done; a plan has nothing to do to what was imported",
			exitError:       "error; nothing was written",
			exitChanges:     "the files are written, but a plan would change what was imported, and is shown",
			exitInterrupted: "interrupted",
		}.annotations(),
		Args:              one("an environment file, or the URL of a Postgres database", "tellr import environments/dev.hcl --out imported"),
		ValidArgsFunction: completeFiles("hcl"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.From = args[0]
			return p.runImport(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "write files into `DIR`; without it they are printed")
	f.StringArrayVar(&o.Schemas, "schema", nil, "import schema `NAME`; may be repeated; default: those that the environment declares, else all")
	f.StringVar(&o.Instance, "instance", "", "import from the instance with this `LABEL`, where there are several")
	f.BoolVar(&o.Roles, "roles", false, "import the roles of the cluster too, without their passwords")
	f.BoolVar(&o.Exclusive, "exclusive", false, "write that nothing else is to be in the schemas, and nobody else to have privileges there")
	f.BoolVar(&o.OneFile, "one-file", false, "write all into one file instead of one a table")
	f.BoolVar(&o.Force, "force", false, "overwrite files that are there")
	o.Vars.flag(cmd)
	return cmd
}

// importing is an import at work.
type importing struct {
	*program
	o         importOptions
	vars      map[string]string
	files     overlay
	env       *config.Environment
	header    []byte // the environment file to write; nil if there is one
	of        plan.Environment
	providers []resource.Provider
	services  resource.Services
}

func (p *program) runImport(ctx context.Context, o importOptions) error {
	vars, err := o.Vars.parse()
	if err != nil {
		return err
	}
	progress := p.progress()
	defer progress.Close()
	im := &importing{program: p, o: o, vars: vars, files: overlay{}}
	if err := im.open(); err != nil {
		return err
	}
	snap, found, err := im.read(ctx, progress.Event)
	if err != nil {
		return err
	}
	one := ""
	if o.OneFile || o.Out == "" {
		one = im.base() + "_schema.hcl"
	}
	written := config.Layout(found, one)
	if o.Out == "" {
		progress.Close()
		return im.print(written, snap)
	}
	if err := im.place(written); err != nil {
		return err
	}
	made, err := im.plan(ctx, progress.Event)
	progress.Close()
	if err != nil {
		return err
	}
	if err := im.write(); err != nil {
		return err
	}
	im.report(written, snap)
	if !touches(made, found) {
		return nil
	}
	fmt.Fprintln(p.Err, "\nA plan with these files would change what was imported, which it should not. Please report it with what follows.")
	if err := render.Text(p.Out, made, p.rendering()); err != nil {
		return err
	}
	return status(exitChanges)
}

// touches tells whether a plan does something to what was imported. What else
// differs differed before.
func touches(p *plan.Plan, found []*resource.Resource) bool {
	mine := make(map[resource.Address]bool, len(found))
	for _, r := range found {
		mine[r.Address] = true
	}
	return slices.ContainsFunc(p.Steps, func(s *resource.Step) bool { return mine[s.Address] && !s.Action.OnlyLedger() })
}

// print shows the declarations on standard output.
func (im *importing) print(written []config.Written, snap *resource.Snapshot) error {
	for _, w := range written {
		if _, err := im.Out.Write(w.Text); err != nil {
			return err
		}
	}
	im.leftOut(snap)
	return nil
}

var notLabel = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// open reads the environment, or makes one for a URL.
func (im *importing) open() error {
	file := im.o.From
	getenv := im.Getenv
	if u, err := url.Parse(im.o.From); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		name := strings.Trim(notLabel.ReplaceAllString(strings.Trim(u.Path, "/"), "_"), "_-")
		name = cmp.Or(name, "imported")
		file = filepath.Join(im.o.Out, name+".hcl")
		im.header = environmentFor(name, fmt.Sprintf("  include = [%q]\n", name+"/*.hcl"))
		im.files[file] = environmentFor(name, "") // what it includes is not there yet
		getenv = func(key string) (string, bool) {
			if key == "DATABASE_URL" {
				return im.o.From, true
			}
			return im.Getenv(key)
		}
		if u.User != nil {
			if password, ok := u.User.Password(); ok {
				im.redact.learn(password)
			}
		}
		im.redact.learn(im.o.From)
	} else if err := findFile(file, "import"); err != nil {
		return err
	}
	env, err := im.reload(file, nil)
	if err != nil {
		return err
	}
	sec := secrets{getenv, im.vars, im.redact}
	if ds := sec.check(env.Secrets); len(ds) > 0 {
		return ds
	}
	im.env = env
	im.of = plan.Environment{Name: env.Name, Description: env.Description, File: env.File, Profile: env.Profile, Host: env.Host}
	im.providers = im.program.providers(im.of, im.Build.Version)
	im.services = im.program.services(sec, env.Dir)
	return nil
}

// environmentFor is the environment file of a plain Postgres.
func environmentFor(name, include string) []byte {
	return fmt.Appendf(nil, "environment %q {\n%s}\n\ninstance \"main\" {\n  postgres { url = env(\"DATABASE_URL\") }\n}\n", name, include)
}

// reload reads the environment with what is yet to be written.
func (im *importing) reload(file string, include []string) (*config.Environment, error) {
	env, ds := config.Load(file, config.Options{
		Kinds: im.kindSet(), Vars: im.vars, Getenv: im.Getenv, Files: im.files, Include: include,
	})
	if env != nil {
		im.sources = env.Sources
	}
	if ds.HasErrors() {
		return nil, ds
	}
	return env, nil
}

// base names what is imported, for a file and a folder.
func (im *importing) base() string {
	return strings.TrimSuffix(filepath.Base(im.env.File), ".hcl")
}

// read asks one database for all that it holds, and gives what nobody declared.
func (im *importing) read(ctx context.Context, emit resource.Emit) (*resource.Snapshot, []*resource.Resource, error) {
	host, err := im.host()
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(im.providers, func(p resource.Provider) bool { _, ok := p.(resource.Importer); return ok })
	if i < 0 {
		return nil, nil, fail("nothing here can be imported", "no provider knows how", "report this as a bug of tellr")
	}
	importer := im.providers[i].(resource.Importer)
	scope, ds := importer.ImportScope(im.env.Name, host,
		resource.ImportWhat{Containers: im.containers(), Roles: im.o.Roles, Exclusive: im.o.Exclusive}, im.env.Resources)
	if ds.HasErrors() {
		return nil, nil, ds
	}
	snap, ds := plan.ReadScope(ctx, plan.ReadRequest{
		Environment: im.env.Name, Desired: im.env.Resources, Providers: im.providers, Services: im.services, Emit: emit,
	}, scope)
	if ds.HasErrors() {
		return nil, nil, ds
	}
	if snap.Absent {
		return nil, nil, fail(fmt.Sprintf("there is nothing to import: %s does not exist", host), "", "tellr apply makes it")
	}
	found, ds := importer.Declare(snap)
	if ds.HasErrors() {
		return nil, nil, ds
	}
	im.diagnose(ds)
	if len(found) == 0 {
		im.leftOut(snap)
		return nil, nil, fail("there is nothing to import", "everything that tellr has a kind for is declared already, or the schemas are empty",
			"name another schema: --schema NAME")
	}
	return snap, found, nil
}

// containers are the schemas to read: those asked for, else those declared.
func (im *importing) containers() []string {
	if len(im.o.Schemas) > 0 {
		return im.o.Schemas
	}
	var out []string
	for _, r := range im.env.Resources {
		if r.Kind.Name == "schema" {
			out = append(out, r.Name())
		}
	}
	return out
}

// host finds the instance to import from.
func (im *importing) host() (resource.Address, error) {
	var all []resource.Address
	for _, p := range im.providers {
		if _, hosts := p.(resource.Host); !hosts {
			continue
		}
		for _, r := range im.env.Resources {
			if slices.ContainsFunc(p.Kinds(), func(k *resource.Kind) bool { return k.Name == r.Kind.Name }) {
				all = append(all, r.Address)
			}
		}
	}
	var names []string
	for _, a := range all {
		names = append(names, a.Name)
		if a.Name == im.o.Instance {
			return a, nil
		}
	}
	switch {
	case im.o.Instance != "":
		return resource.Address{}, fail(fmt.Sprintf("%s has no instance %q", im.env.File, im.o.Instance), "", "it has "+strings.Join(names, ", "))
	case len(all) == 0:
		return resource.Address{}, fail(im.env.File+" has no instance to import from", "", `add one: instance "main" { … }`)
	case len(all) > 1:
		return resource.Address{}, fail("which instance?", im.env.File+" has several: "+strings.Join(names, ", "), "name one: --instance "+names[0])
	}
	return all[0], nil
}

// plan checks that nothing differs from what was written.
func (im *importing) plan(ctx context.Context, emit resource.Emit) (*plan.Plan, error) {
	var include []string
	for _, name := range im.files.names() {
		if name == im.env.File {
			continue
		}
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		include = append(include, abs)
	}
	env, err := im.reload(im.env.File, include)
	if err != nil {
		return nil, err
	}
	snaps, ds := plan.Read(ctx, plan.ReadRequest{
		Environment: env.Name, Desired: env.Resources, Providers: im.providers, Services: im.services, Emit: emit,
	})
	if ds.HasErrors() {
		return nil, ds
	}
	made, ds := plan.Build(plan.Request{
		Environment: im.of, Desired: env.Resources, Providers: im.providers, Snapshots: snaps, Dir: env.Dir, Version: im.Build.Version,
	})
	if ds.HasErrors() {
		return nil, ds
	}
	return made, nil
}
