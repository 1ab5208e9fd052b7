// Command tellr deploys a Databricks App together with its Lakebase Postgres
// database from one HCL file per environment.
package main

import (
	"context"
	"os"

	"github.com/tellr-dev/tellr/cli"
)

func main() { os.Exit(cli.Run(context.Background(), os.Args[1:], cli.System())) }
