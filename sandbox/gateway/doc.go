// Package gateway is what clients of the sandbox reach instead of Postgres: Lakebase's gateway on loopback.
//
// Each endpoint has an address of its own. A session goes: TLS (a certificate of the sandbox's own authority), the
// password, the endpoint's decision about it, waking the server where it sleeps, login there as the role, and then bytes
// both ways. While they pass, each SQL statement is recorded in the traffic log, hooks hear of it before and after its
// effect, and armed faults strike. A cancel request finds the server of the session that it names.
//
// The package decides nothing about tokens and roles: an Endpoint does. Errors are those that Lakebase and Postgres
// give, as SQLSTATE and message.
package gateway
