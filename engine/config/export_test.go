package config

import "github.com/tellr-dev/tellr/engine/resource"

// LoadWhole is Load with every file parsed as a whole by HCL's parser.
func LoadWhole(file string, o Options) (*Environment, resource.Diagnostics) {
	return load(file, o, false)
}
