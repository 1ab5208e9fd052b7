"""Notes over HTTP: GET and POST /notes, GET /healthz. It knows of a Postgres, and of no token."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2


def connect():
    return psycopg2.connect(os.environ["DATABASE_URL"])


class Notes(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/healthz":
            return self.answer(200, {"alive": True})
        self.query("SELECT id, body FROM app_data.notes ORDER BY id")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.query("INSERT INTO app_data.notes (body) VALUES (%s) RETURNING id, body", (body,))

    def query(self, sql, args=()):
        if self.path != "/notes":
            return self.answer(404, {"error": "there is /notes"})
        try:
            db = connect()
            try:
                with db, db.cursor() as cursor:
                    cursor.execute(sql, args)
                    rows = [{"id": id, "body": body} for id, body in cursor]
            finally:
                db.close()
        except psycopg2.Error as e:
            print(f"database: {e}", flush=True)  # the proxy's hint is part of it
            return self.answer(500, {"error": "database"})
        self.answer(200, rows)

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("0.0.0.0", int(os.environ.get("DATABRICKS_APP_PORT", "8000"))), Notes)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
