"""A data set from its publisher, verified before it is used."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from tqdm import tqdm

from marquee.artifacts import md5_file, whole
from marquee.errors import DataError

PUBLISHER = "https://files.grouplens.org/datasets/movielens"
MAX_BYTES = 2**30
_TIMEOUT_S = 30
_BLOCK = 2**20
_MD5 = re.compile(rb"\b[0-9a-f]{32}\b", re.IGNORECASE)


def download(name: str, folder: Path, *, base_url: str = PUBLISHER) -> Path:
    """Return the zip of a data set, fetched into ``folder`` unless a verified one is there.

    What arrives takes its place only when its MD5 is the one that the publisher gives beside it;
    else, and without a network, it is a :class:`DataError`.
    """
    path = folder / f"{name}.zip"
    known = path.with_suffix(".zip.md5")
    if path.exists() and known.exists() and md5_file(path) == known.read_text().strip():
        return path
    url = f"{base_url}/{name}.zip"
    expected = _checksum(f"{url}.md5")
    with whole(path) as file:
        _fetch(url, file)
        if (found := md5_file(file)) != expected:
            raise DataError(f"{url}: its MD5 is {found}, the publisher says {expected}: not used")
    with whole(known) as file:
        file.write_text(expected + "\n")
    return path


def _checksum(url: str) -> str:
    with _response(url) as response:
        if match := _MD5.search(response.read(4096)):
            return match[0].decode().lower()
    raise DataError(f"{url}: expected an MD5 checksum")


def _fetch(url: str, path: Path) -> None:
    with _response(url) as response, path.open("wb") as file:
        length = int(response.headers.get("Content-Length") or 0)
        with tqdm(total=length or None, unit="B", unit_scale=True, desc=url, disable=None) as bar:
            size = 0
            while block := response.read(_BLOCK):
                size += len(block)
                if size > MAX_BYTES:
                    raise DataError(f"{url}: over {MAX_BYTES} bytes, no data set is so large")
                file.write(block)
                bar.update(len(block))


@contextmanager
def _response(url: str) -> Iterator[HTTPResponse]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise DataError(f"{url}: expected an http or https address")
    try:
        with urlopen(url, timeout=_TIMEOUT_S) as response:  # noqa: S310 (the scheme is checked)
            yield response
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise DataError(
            f"{url}: cannot be fetched ({getattr(error, 'reason', error)}); put the data set into"
            " a folder and name it as ingest.movielens.path"
        ) from None
