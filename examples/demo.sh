#!/bin/sh
# The main job of tellr from nothing to nothing, in the workspace that the environment names (make demo: the sandbox).
set -eu
tellr=${1:-tellr}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/environments" "$root/examples" "$work"
cd "$work"

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() {
	printf '$ tellr %s\n' "$*"
	"$tellr" "$@"
}
if [ -n "${NO_COLOR:-}" ] || ! [ -t 1 ]; then say() { printf '\n# %s\n' "$*"; }; fi

say "An empty workspace: what would tellr make of environments/dev.hcl?"
run plan environments/dev.hcl --summary --out dev.tellrplan

say "Make exactly that: instance, app, schema, grants, 28 tables, deployment"
run apply dev.tellrplan --yes

say "Nothing is left to do"
run plan environments/dev.hcl --detailed-exitcode

say "A change: one more table, and a bigger instance"
cat >>examples/tellr/tables/feedback.hcl <<'HCL'

table "release_notes" {
  schema = schema.app_data
  columns = {
    id    = { type = "bigint", identity = "always" }
    title = { type = "varchar(200)", not_null = true }
    shown = { type = "timestamptz", default = "now()" }
  }
  primary_key = ["id"]
}
HCL
sed -i.bak 's/capacity = "CU_1"/capacity = "CU_2"/' environments/dev.hcl
run plan environments/dev.hcl
run apply environments/dev.hcl --yes

say "Take it down: data is protected until it is named"
code=0
run destroy environments/dev.hcl --yes || code=$?
test "$code" -eq 5
run destroy environments/dev.hcl --yes --allow-destroy instance.main

say "Nothing is left"
run destroy environments/dev.hcl --yes
