// Package sandbox is a Databricks workspace on one machine: the API that tellr calls, in front of real Postgres servers
// behind a gateway that takes tokens, as Lakebase has one. Nothing in a client needs to know that it is not the real one:
//
//	sb, err := sandbox.Start(ctx, sandbox.Options{})
//	if err != nil { … }
//	defer sb.Close()
//	cmd.Env = append(os.Environ(), sb.Env()...)
//
// In: Options. Out: a host, a token, and what clients did with them (Requests, Statements); hooks, faults and kills for
// tests. Run and Serve are what the command `tellr sandbox` does.
//
// The parts: api is the workspace and its state, gateway the way to Postgres, lakebase a Postgres that has Lakebase's
// roles, cluster a plain Postgres, traffic the record and the faults. Tests steer a sandbox in another process through
// HTTP below /sandbox/, with the sandbox's token; GET /sandbox/ lists what there is.
//
// The package knows neither tellr's engine nor its providers.
package sandbox
