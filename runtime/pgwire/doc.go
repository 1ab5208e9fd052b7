// Package pgwire is the startup and login part of the Postgres wire protocol, for programs that stand between a client
// and a server: who asks, for which database, with which secret, before bytes are passed on as they are.
//
// Server side: Accept negotiates TLS and reads the startup packet (or a cancel request), AskPassword and AskSCRAM demand
// proof, Admit ends the login, Fail refuses it. Client side: StartTLS, Login and Cancel do the same towards a server.
// ReadMessage reads one message of the phase that follows.
//
// Nothing reads ahead: after each function returns, the next unread byte of the connection belongs to the caller, so the
// connection can be spliced. Deadlines are the caller's, set on the connection.
//
// The package knows nothing of tellr, of Databricks, or of where passwords come from.
package pgwire
