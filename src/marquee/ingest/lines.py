"""Many lines of the event log at once, joined from the parts that they share."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tqdm import tqdm

_ROWS = 500_000


def event_lines(
    at: pa.Array, user_id: pa.Array, request: tuple[pa.Array, pa.Array], ending: pa.Array
) -> Iterator[bytes]:
    """Write a line a row, in blocks: ``at``, user, request, ending.

    ``at`` holds timestamps, in the unit in which they are written; ``user_id`` integers or texts.
    ``request`` is a pair: the texts there are, and which of them each row has. ``ending`` holds
    texts with the newline, and may be a dictionary.
    """
    texts, which = request
    for start in tqdm(range(0, len(at), _ROWS), unit="block", disable=None):
        times = pc.replace_substring(at.slice(start, _ROWS).cast(pa.string()), " ", "T")
        users = user_id.slice(start, _ROWS).cast(pa.string())
        head = pc.binary_join_element_wise(times, users, texts.take(which.slice(start, _ROWS)), ",")
        tail = ending.slice(start, _ROWS).cast(pa.string())
        yield _text(pc.binary_join_element_wise(head, tail, ""))


def _text(lines: pa.StringArray) -> bytes:
    """Return the characters of all strings: Arrow keeps them one after the other."""
    _, offsets, characters = lines.buffers()
    end = np.frombuffer(offsets, np.int32)[len(lines)]
    return bytes(characters[: int(end)])


def texts_of(rows: NDArray[np.int32], texts: list[str]) -> pa.DictionaryArray:
    """Return a text a row, each kept once."""
    return pa.DictionaryArray.from_arrays(pa.array(rows), pa.array(texts, pa.string()))
