"""An AWS that refuses every call with one error code: refuse.py PORT-FILE CODE MESSAGE."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Refuse(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{sys.argv[2]}</Code>"
            f"<Message>{sys.argv[3]}</Message></Error></ErrorResponse>"
        ).encode()
        self.send_response(403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Refuse)
with open(sys.argv[1], "w") as out:
    out.write(str(server.server_port))
server.serve_forever()
