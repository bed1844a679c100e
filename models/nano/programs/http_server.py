"""HTTP server for the files of a folder."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_server(folder: str, port: int) -> ThreadingHTTPServer:
    """Return a server for the folder; port 0 takes any free port."""
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(f"Usage: python {sys.argv[0]} FOLDER PORT", file=sys.stderr)
        sys.exit(2)
    try:
        server = make_server(sys.argv[1], int(sys.argv[2]))
        print(f"Serving at http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Error: {error}")
