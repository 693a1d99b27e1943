"""Serves moto's S3, in memory, at a free port, with one empty bucket. Says on stdout, in one line of
JSON, what a client has to know, then a line for each GET of an object: its path and range. Ends when
its standard input does: when the test that has started it is gone."""

import json
import os
import secrets
import sys
import threading

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

BUCKET = "media"
REGION = "us-east-1"


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def say(what):
    # In one piece: several threads say something.
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def told(app, key):
    """Tells of each GET of an object, and refuses other keys: moto takes any."""

    def answer(environ, start_response):
        if f"Credential={key}/" not in environ.get("HTTP_AUTHORIZATION", ""):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        if environ["REQUEST_METHOD"] == "GET" and "list-type" not in environ["QUERY_STRING"]:
            say({"get": environ["PATH_INFO"], "range": environ.get("HTTP_RANGE")})
        return app(environ, start_response)

    return answer


def main():
    threading.Thread(target=end_with_stdin, daemon=True).start()
    key, secret = secrets.token_hex(10).upper(), secrets.token_hex(20)
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(BUCKET, REGION)
    app = told(DomainDispatcherApplication(create_backend_app), key)
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler
    )
    endpoint = f"http://127.0.0.1:{server.server_port}"
    say({"endpoint": endpoint, "key": key, "secret": secret, "region": REGION, "bucket": BUCKET})
    server.serve_forever()


main()
