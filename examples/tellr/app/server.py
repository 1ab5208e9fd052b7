"""A stand-in for the slide generator: what a deployed app sees of its database, without a driver.

GET /health  200 when every variable that the app needs is set, else 503; never touches the database
GET /ready   200 when the database's host answers a Postgres SSLRequest, else 503; may wake a suspended compute
"""

import json
import logging
import os
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHOWN = ("ENVIRONMENT", "LAKEBASE_TYPE", "LAKEBASE_INSTANCE", "LAKEBASE_PG_HOST", "LAKEBASE_ENDPOINT_NAME",
         "LAKEBASE_SCHEMA", "PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLMODE")  # none of them is a secret
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def address(env):
    """Host and port of the database; a sandbox's host may carry its own port."""
    host, _, port = (env.get("LAKEBASE_PG_HOST") or env.get("PGHOST") or "").partition(":")
    return host, int(port or env.get("PGPORT") or 5432)


def health(env):
    missing = [name for name in ("PGUSER", "LAKEBASE_SCHEMA") if not env.get(name)]
    if not address(env)[0]:
        missing.append("LAKEBASE_PG_HOST or PGHOST")
    # A token is asked for by endpoint (autoscaling) or by instance (provisioned).
    if not (env.get("LAKEBASE_ENDPOINT_NAME") or env.get("LAKEBASE_INSTANCE")):
        missing.append("LAKEBASE_ENDPOINT_NAME or LAKEBASE_INSTANCE")
    body = {"status": "unconfigured" if missing else "ok", "missing": missing}
    return (503 if missing else 200), body | {"env": {name: env[name] for name in SHOWN if env.get(name)}}


def ready(env):
    try:
        with socket.create_connection(address(env), timeout=10) as conn:
            conn.sendall(SSL_REQUEST)
            answer = conn.recv(1)
    except OSError as err:
        return 503, {"status": "unreachable", "error": str(err)}
    if answer != b"S":  # S: the server goes on with TLS, which Lakebase always does
        return 503, {"status": "no TLS", "error": f"answer to SSLRequest was {answer!r}"}
    return 200, {"status": "ok"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        route = {"/": health, "/health": health, "/ready": ready}.get(self.path.partition("?")[0])
        status, body = route(os.environ) if route else (404, {"status": "not found"})
        payload = json.dumps(body, indent=2).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format, *args):
        logging.debug("%s %s", self.address_string(), format % args)


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("LOG_LEVEL") or "INFO")
    server = ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("DATABRICKS_APP_PORT") or 8000)), Handler)
    logging.info("listening on port %d", server.server_port)
    server.serve_forever()
