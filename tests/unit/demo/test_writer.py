"""Whether the writer answers, whatever comes from its port."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from marquee.demo.writer import Writer


@contextmanager
def says(writer: Writer, answer: bytes) -> Iterator[None]:
    """Someone at the writer's address who reads a request, says this and hangs up."""
    with socket.create_server(("127.0.0.1", writer.port)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield
        thread.join()


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path, kafka="127.0.0.1:9", dsn="", topic="movielog")


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\n", True),
        (b"HTTP/1.0 503 Service Unavailable\r\n\r\n", False),
        (b"", False),
        (b"what?\r\n\r\n", False),
    ],
)
def test_only_a_good_answer_is_one(writer: Writer, answer: bytes, healthy: bool) -> None:
    with says(writer, answer):
        assert writer.answers() is healthy


def test_nobody_answers(writer: Writer) -> None:
    assert not writer.answers()
