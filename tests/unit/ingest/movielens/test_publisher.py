import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from marquee.errors import DataError
from marquee.ingest.movielens import publisher as module
from marquee.ingest.movielens.publisher import download

CONTENT = b"PK the data set" * 1000
MD5 = hashlib.md5(CONTENT).hexdigest()  # noqa: S324


class Publisher(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        status, content, length = self.server.answers.get(self.path, (404, b"", 0))
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def publisher():
    """A server that stands for the publisher of the data sets."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        server.asked = []
        server.answers = {
            "/ml-1m.zip": (200, CONTENT, len(CONTENT)),
            "/ml-1m.zip.md5": (200, f"MD5 (ml-1m.zip) = {MD5}\n".encode(), 51),
        }
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def get(publisher, tmp_path):
    return lambda: download("ml-1m", tmp_path / "downloads", base_url=publisher.url)


def test_a_data_set_is_fetched_once_and_kept(get, publisher):
    assert get().read_bytes() == CONTENT
    assert get().read_bytes() == CONTENT
    assert publisher.asked == ["/ml-1m.zip.md5", "/ml-1m.zip"]


@pytest.mark.parametrize("text", [MD5, MD5.upper(), f"{MD5}  ml-1m.zip\n", f"{MD5}; ml-1m.zip"])
def test_the_checksum_is_found_in_each_of_its_spellings(get, publisher, text):
    publisher.answers["/ml-1m.zip.md5"] = (200, text.encode(), len(text))
    assert get().exists()


def test_a_kept_file_that_changed_is_fetched_again(get, publisher):
    get().write_bytes(b"damaged")
    assert get().read_bytes() == CONTENT
    assert len(publisher.asked) == 4


@pytest.mark.parametrize(
    ("path", "answer", "message"),
    [
        ("/ml-1m.zip", (200, CONTENT[:-1], len(CONTENT) - 1), "its MD5 is .* not used"),
        ("/ml-1m.zip", (200, CONTENT[:-1], len(CONTENT)), "its MD5 is|cannot be fetched"),
        ("/ml-1m.zip", (500, b"", 0), "cannot be fetched .Internal Server Error"),
        ("/ml-1m.zip.md5", (404, b"", 0), "cannot be fetched .Not Found"),
        ("/ml-1m.zip.md5", (200, b"<html>login", 11), "expected an MD5 checksum"),
    ],
    ids=["other bytes", "cut off", "server error", "no checksum", "a page instead"],
)
def test_what_is_not_verified_is_not_kept(get, publisher, tmp_path, path, answer, message):
    publisher.answers[path] = answer
    with pytest.raises(DataError, match=message):
        get()
    assert not list(tmp_path.rglob("*.zip"))
    assert not list(tmp_path.rglob("*partial*"))


def test_what_is_too_large_for_a_data_set_is_not_fetched_to_its_end(get, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(DataError, match="over 100 bytes"):
        get()
    assert not list(tmp_path.rglob("*.zip"))


def test_without_a_network_the_error_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"cannot be fetched .*name it as ingest\.movielens\.path"):
        download("ml-1m", tmp_path, base_url="http://127.0.0.1:9")


def test_only_the_web_is_asked(tmp_path):
    with pytest.raises(DataError, match="expected an http or https address"):
        download("passwd", tmp_path, base_url="file:///etc")
