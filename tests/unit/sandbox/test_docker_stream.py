"""The stream of a command in a container, from its first byte on."""

import socket
import struct
import threading
from pathlib import Path
from typing import Any

import pytest

from codey_tui.sandbox.docker_exec import early_bytes

FRAME = struct.pack(">BxxxL", 1, 2) + b"1\n"
ANSWER = b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


@pytest.mark.parametrize("early", [FRAME, b""])
def test_what_comes_along_with_the_answer_is_not_lost(tmp_path: Path, early: bytes) -> None:
    """An engine on a busy machine sends its answer and the first output in one piece."""
    import docker

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "engine.sock"))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += connection.recv(4096)
                connection.sendall(ANSWER + early)
                while connection.recv(
                    4096
                ):  # the request's body, which may come later, and then until the other side goes
                    pass

        engine = threading.Thread(target=answer)
        engine.start()
        client = docker.APIClient(base_url=f"unix://{tmp_path}/engine.sock", version="1.41")
        stream: Any = client.exec_start("any", socket=True)
        timeout = stream._sock.gettimeout()
        assert early_bytes(stream) == early
        assert early_bytes(stream) == b""
        assert stream._sock.gettimeout() == timeout
        stream._response.close()
        stream.close()
        client.close()
        engine.join(10)
        assert not engine.is_alive()
