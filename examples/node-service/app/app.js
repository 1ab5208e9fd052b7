// Notes over HTTP: GET and POST /notes, GET /healthz. It knows of a Postgres, and of no token.
const http = require("node:http");
const { Pool } = require("pg");

// Idle connections are given back early: with --pool session the proxy keeps them, for all.
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10, idleTimeoutMillis: 500 });
pool.on("error", (e) => console.log(`database: ${e.message}`)); // an idle connection has ended; the pool makes another

async function handle(request) {
  if (request.url === "/healthz") return [200, { alive: true }];
  if (request.url !== "/notes") return [404, { error: "there is /notes" }];
  if (request.method === "POST") {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { rows } = await pool.query("INSERT INTO app_data.notes (body) VALUES ($1) RETURNING id, body", [body]);
    return [200, rows];
  }
  const { rows } = await pool.query("SELECT id, body FROM app_data.notes ORDER BY id");
  return [200, rows];
}

const server = http.createServer(async (request, response) => {
  let status, value;
  try {
    [status, value] = await handle(request);
  } catch (e) {
    console.log(`database: ${e.message} ${e.hint ?? ""}`); // the hint is the proxy's
    [status, value] = [500, { error: "database" }];
  }
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
});

server.listen(Number(process.env.DATABRICKS_APP_PORT ?? 8000), () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

// On SIGTERM requests are finished, and then the connections: tellr run waits for that.
process.on("SIGTERM", () => {
  server.close(async () => {
    await pool.end();
    process.exit(0);
  });
  server.closeIdleConnections();
});
