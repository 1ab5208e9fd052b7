package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tellr-dev/tellr/engine/config"
)

// A canary stands in every place from which a secret can come. None of it may
// come out: not in a value, not in a message, whatever is wrong in the files.
func TestSecretsNeverComeOut(t *testing.T) {
	const canary = "CANARY-5f0c"
	head := `
environment "dev" {}
variable "pw" {
  type      = string
  sensitive = true
  %s
}
instance "main" {
  connection = { password = var.pw }
}
`
	for _, body := range []string{
		``,
		`locals { a = upper(var.pw) }`,
		`locals { a = var.pw == "x" ? 1 : 2 }`,
		`view "v" { sql = "x ${var.pw} ${upper("${var.pw}")}" }`,
		`view "v" { sql = var.pw.x }`,
		`view "v" { sql = jsonencode({ a = var.pw }) }`,
		`view "v" { sql = sha256(var.pw) }`,
		`view "v" { sql = [for c in var.pw : c] }`,
		`view "v" { name = "${var.pw}", sql = {} }`,
		`view "v" { for_each = { (var.pw) = 1 } }`,
		`view "v" { for_each = toset([var.pw]) }`,
		`view "v" { after = var.pw }`,
		`instance "x" { name = var.pw }`,
		`instance "y" { connection = { port = "1${var.pw}" } }`,
		`instance "y" { existing = var.pw }`,
		`instance "y" { autoscaling { suspend_after = var.pw } }`,
		`instance "y" { provisioned { capacity = var.pw } }`,
		`instance "y" { connection = { password = "CANARY-5f0c" } }`,
		`instance "y" { connection = { password = "a${"CANARY-5f0c"}" } }`,
		`variable "other" {
		   default = "CANARY-5f0c"
		   sensitive = true
		 }`,
		`locals { a = file(var.pw) }`,
		`locals { a = env(var.pw) }`,
		`locals { a = { b = 1 }[var.pw] }`,
		`locals { a = try(upper(var.pw), 1) }`,
		`view "v" { ignore_changes = [var.pw] }`,
	} {
		for _, validation := range []string{
			``,
			`validation {
			   condition = false
			   error_message = "no: ${var.pw}"
			 }`,
			`validation {
			   condition = regex("(", var.pw) == var.pw
			   error_message = var.pw
			 }`,
			`validation {
			   condition = var.pw
			   error_message = "x"
			 }`,
			`validation {
			   condition = { (var.pw) = 1 }[upper(var.pw)] == jsondecode(var.pw)
			   error_message = "x"
			 }`,
			`validation {
			   condition = tonumber(var.pw) > 1 && file(var.pw) == "" && can(env(var.pw))
			   error_message = "x"
			 }`,
		} {
			for _, by := range []string{"vars", "getenv", "unknown"} {
				o := config.Options{Vars: map[string]string{"pw": canary}}
				switch by {
				case "getenv":
					o = config.Options{Getenv: func(k string) (string, bool) {
						if !strings.HasPrefix(k, "TELLR_VAR_") {
							t.Errorf("%s was read", k)
						}
						return canary, k == "TELLR_VAR_pw"
					}}
				case "unknown":
					o.Vars = map[string]string{"pww": canary, "pw": canary}
				}
				env, ds := load(t, map[string]string{"env.hcl": fmt.Sprintf(head, validation) + body}, o)
				j, err := json.Marshal(ds)
				if err != nil {
					t.Fatal(err)
				}
				out := string(j) + dump(env, ds) + dump(env, nil) + ds.Error()
				if strings.Contains(out, canary) {
					t.Errorf("%s\n%s\n%s", body, validation, out)
				}
			}
		}
	}
}

func TestSecretValue(t *testing.T) {
	o := config.Options{
		Vars:   map[string]string{"a": "1"},
		Getenv: func(k string) (string, bool) { return "2", k == "TELLR_VAR_b" || k == "TELLR_VAR_a" },
	}
	for source, want := range map[string]string{"var.a": "1", "var.b": "2"} {
		if got, err := config.SecretValue(source, o); got != want || err != nil {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	for _, source := range []string{"var.c", "env.HOME"} {
		if got, err := config.SecretValue(source, o); err == nil {
			t.Errorf("%s: %q", source, got)
		}
	}
}
