// Package proxy lets programs in any language use Lakebase Postgres without knowing of its tokens. It listens on loopback
// or a Unix socket, logs in at Lakebase with a token of package lakebase, and passes bytes on as they are.
//
// In: a [lakebase.Connector], [Options], and connections of clients. Out: sessions at the database, refusals as Postgres
// words them, with a hint, [Proxy.Status], metrics, and what a client's environment must hold ([Proxy.Environment]).
// [Run] is the same around one command: it starts the proxy, then the command with that environment, and ends with the
// command's exit status.
//
// A client's connection goes through these steps, a file each:
//
//	listen.go   who may connect at all: loopback, or the same user on a Unix socket
//	client.go   first bytes, the proxy's own password, a place below the limit
//	startup.go  the startup packet, with the role and what is missing put in, in the client's order
//	pool.go     a session that an earlier client left, or a new one
//	relay.go    bytes both ways; scan.go reads message headers only, to know when nobody waits for an answer
//	drain.go    the end: idle sessions first, then 57P01 to the rest
//
// Nothing of a message is decoded or made anew once a session has begun. A session is given to another client only after
// DISCARD ALL, when nothing was under way, and only to one whose startup packet asks for the same.
//
// The package knows nothing of the rest of tellr: not of the command line, not of plans.
package proxy
