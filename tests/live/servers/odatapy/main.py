"""Serves the harbour at a free port. Says where on stdout, in one line of JSON, once it is ready,
and ends when its standard input does: when the test that has started it is gone."""

import json
import os
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from odatapy.server.adapters import ODataWSGIApp

from service import handler


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def get_environ(self):
        environ = super().get_environ()
        # Python gives the path decoded only, where `%2F` is a slash.
        environ["REQUEST_URI"] = self.path
        # Python says `text/plain` of a request that does not say what its body is.
        if "Content-Type" not in self.headers:
            environ["CONTENT_TYPE"] = ""
        return environ


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    threading.Thread(target=end_with_stdin, daemon=True).start()
    app = ODataWSGIApp(handler(), mount_path="/harbour")
    server = make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Handler)
    root = f"http://127.0.0.1:{server.server_port}/harbour/"
    print(json.dumps({"v4": root}), flush=True)
    server.serve_forever()


main()
