// Package traffic is what the sandbox remembers of its clients, and what it does to them on request: every API request
// and every SQL statement gets a number and is kept; hooks hear of each before and after its effect; faults and kills
// strike at the call they name.
//
// The API server and the gateway report to a Log; tests and /sandbox/ read from it. It knows neither HTTP handlers nor
// Postgres.
package traffic
