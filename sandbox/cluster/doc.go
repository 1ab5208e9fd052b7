// Package cluster runs real Postgres servers for the sandbox and for tests.
//
// In: a version (16, 17 or 18) and, where wanted, the SQL that every new server begins with. Out: a running server
// that is reachable through a Unix socket only, in well under a second, and that leaves nothing behind.
//
//	c, err := cluster.Start(ctx, cluster.Options{Version: 17, AutoInstall: true})
//	if err != nil { … }
//	defer c.Close()
//	conn, err := pgx.Connect(ctx, c.DSN("", "postgres")) // "" is the superuser
//
// DSN is a URL that libpq, psql, pg_dump and pgx read alike; every role may log in without a password (trust), which
// is safe because only the owner of the socket's folder, and root, can reach the socket.
//
// Speed: initdb runs once for each (version, process user, Template) into a cache; a cluster is a copy of that folder,
// started with fsync off. Cleanliness: data, socket and log live in one temporary folder. Close removes it; when the
// parent dies without Close, however it dies, a watcher process that holds the other end of a pipe stops the server and
// removes the folder.
//
// Postgres refuses to run as root. Started as root, the server runs as user postgres, else nobody, and binaries and
// templates are kept where that user may read them (/var/cache/tellr/postgres instead of a cache below /root).
//
// The package knows nothing of Databricks, tokens, or tellr's resources.
package cluster
