// Package doctor finds out, step by step, why a program cannot use its Lakebase Postgres: environment, workspace, token,
// DNS, TCP, TLS, login, and then the rights of one or more roles in their schemas.
//
// In: a Request, which says as little as an application says (nothing: the environment decides) or all of it. Out: a
// Check for each step, in a fixed order, as soon as it is known. What fails has a cause and cure from the table of
// errors of package lakebase; what cannot be asked after a failure is skipped, and says why.
//
// It changes nothing: it asks for one token, opens at most three connections, which wakes a suspended compute, and reads
// the catalog. No secret is in a Check.
package doctor
