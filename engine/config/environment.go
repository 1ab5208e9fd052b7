package config

import (
	"fmt"
	"strings"

	"github.com/tellr-dev/tellr/engine/resource"
)

// Options are what Load needs besides the file.
type Options struct {
	// Kinds are the block types, besides environment, variable, locals and moved.
	Kinds resource.Kinds
	// Vars are the values given by --var name=value.
	Vars map[string]string
	// Getenv looks up TELLR_VAR_name, and nothing else; nil means none is set.
	Getenv func(string) (string, bool)
	// Files is where files are read; nil means the operating system.
	Files Files
	// Include are paths of files to read besides those that the environment
	// includes; absolute, or relative to the environment file's folder.
	Include []string
}

// Environment is what the files of one environment say.
type Environment struct {
	Name        string
	Description string
	Profile     string
	Host        string
	// File is the environment file as it was given, cleaned; Dir its folder.
	File, Dir string
	// Resources are in source order, the environment file first, then the
	// included ones; instances of for_each in the order of their keys.
	Resources []*resource.Resource
	// Moved are the moved blocks, chains of them joined: each leads to what is
	// declared.
	Moved []resource.Moved
	// Rules are what kinds declare that are rules for plans and no things.
	Rules []*resource.Resource
	// Variables are the declared variables by name.
	Variables []Variable
	// Secrets are the secrets that the files refer to, in source order.
	Secrets []SecretUse
	// Sources are the bytes of every file read, for showing messages.
	Sources map[string][]byte
}

// Variable says what value a declared variable got.
type Variable struct {
	Name        string
	Type        string // as in the file: list(string)
	Description string
	Sensitive   bool
	// Value is what it got; of a sensitive one only a hole.
	Value resource.Value
	// From says where the value came from: "default", "environment",
	// "TELLR_VAR_name" or "--var"; "" if it has none.
	From string
	At   *resource.Range
}

// SecretUse is a place where the files refer to a secret.
type SecretUse struct {
	Source string // "env.NAME" or "var.NAME"
	At     *resource.Range
}

// SecretValue reads a secret "var.NAME" at the moment of use: from --var, else
// from TELLR_VAR_NAME. Nothing else can hold one, as Load refuses a sensitive
// value that stands in a file. Secrets "env.NAME" are the caller's to read.
func SecretValue(source string, o Options) (string, error) {
	name, ok := strings.CutPrefix(source, "var.")
	if !ok {
		return "", fmt.Errorf("%s is not the secret of a variable", source)
	}
	if v, ok := o.Vars[name]; ok {
		return v, nil
	}
	if o.Getenv != nil {
		if v, ok := o.Getenv("TELLR_VAR_" + name); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("the sensitive variable %q has no value: give it with --var %s=… or TELLR_VAR_%s", name, name, name)
}
