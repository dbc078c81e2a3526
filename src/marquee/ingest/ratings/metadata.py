"""Tables of users and movies, in the shape of the metadata API."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from marquee.errors import DataError
from marquee.ingest.metadata import Rejected, Row, UnreadableRow, encode, movie, user
from marquee.ingest.movielens.titles import split_title
from marquee.ingest.ratings.cells import repeated, values_of
from marquee.ingest.ratings.columns import Chosen
from marquee.ingest.ratings.table import Table
from marquee.tables.ids import fault_of_id
from marquee.tables.metadata import NOTHING

_NO_GENRES = "(no genres listed)"
_YEAR = re.compile(r"(\d{4})(?:-|\.0+$|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """A row by what its columns are for; ``id`` is the user's or movie's as given."""

    id: str
    fields: Row
    line_number: int
    row: str


def read_records(table: Table, chosen: Chosen, key: str) -> Iterator[Record | Rejected]:
    """Read the rows of a table of users or movies, whose ids stand in the column for ``key``."""
    for batch in table.batches(chosen):
        yield from batch.rejected
        ids = _ids(table, batch.columns[key])
        fields = {role: values_of(column) for role, column in batch.columns.items()}
        for i, number in enumerate(batch.line_numbers.tolist()):
            text = ids[i]
            if fault := fault_of_id(text):
                yield Rejected(table.name, number, fault, batch.row(i))
            else:
                row = {role: values[i] for role, values in fields.items()}
                yield Record(text, row, number, batch.row(i))


def _ids(table: Table, column: pa.Array) -> list[str]:
    try:
        indices, texts = repeated(column)
    except DataError as error:
        raise DataError(f"{table.name}: {error}") from None
    stripped = [*(text.strip() for text in texts), ""]
    return [stripped[i] for i in indices.tolist()]


def user_rows(
    name: str, records: Iterable[Record | Rejected], numbers: Mapping[str, int]
) -> Iterator[bytes | Rejected]:
    """Write users with the numbers that the log gives them."""

    def convert(record: Record) -> Row:
        known = {field: record.fields.get(field) for field in ("age", "gender", "occupation")}
        return user({"user_id": numbers[record.id], **known})

    return _converted(name, records, convert)


def movie_rows(
    name: str, records: Iterable[Record | Rejected], numbers: Mapping[str, int]
) -> Iterator[bytes | Rejected]:
    """Write movies likewise; one without a title has its id for it."""
    return _converted(name, records, lambda record: movie(_movie(record, numbers[record.id])))


def _converted(
    name: str, records: Iterable[Record | Rejected], convert: Callable[[Record], Row]
) -> Iterator[bytes | Rejected]:
    for record in records:
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            yield encode(convert(record))
        except UnreadableRow as error:
            yield Rejected(name, record.line_number, str(error), record.row)


def _movie(record: Record, number: int) -> Row:
    fields = record.fields
    title, year = str(fields.get("title") or ""), _year(fields.get("year"))
    if year is None:
        title, year = split_title(title)
    known = {
        "id": f"{number}+",
        "title": title.strip() or record.id,
        "genres": _genres(fields.get("genres")),
        "original_language": fields.get("language"),
        "runtime": fields.get("runtime"),
    }
    return known if year is None else known | {"year": year, "release_date": f"{year:04}"}


def _year(value: object) -> int | None:
    match = _YEAR.match(str(value).strip())
    return int(match[1]) if match else None


def _genres(value: object) -> object:
    """Divide names joined by commas; a list, its JSON, and names joined by bars stay."""
    if not isinstance(value, str) or value.strip().startswith("["):
        return value
    names = value.split("|" if "|" in value else ",")
    return [name.strip() for name in names if name.strip() not in (*NOTHING, _NO_GENRES)]
