"""The source ``movielens``: a GroupLens data set, in a folder, a zip, or at its publisher."""

from pathlib import Path

from marquee.ingest.inputs import DOWNLOADS, expect_below
from marquee.ingest.movielens.archive import DataSet, opened
from marquee.ingest.movielens.catalogue import read_catalogue, read_people
from marquee.ingest.movielens.layouts import expect_movies, recognise
from marquee.ingest.movielens.publisher import download
from marquee.ingest.movielens.ratings import event_blocks, read_ratings
from marquee.ingest.snapshot import Origin, Snapshot
from marquee.params import IngestParams


def read_movielens(params: IngestParams, input_folder: Path, snapshot: Snapshot) -> Origin:
    """Turn ratings into events in the order of time, and movies and users into metadata.

    Without a path the data set is downloaded by name, once, below ``input_folder``.
    """
    chosen = params.movielens
    path = (
        expect_below(input_folder, chosen.path, "ingest.movielens.path")
        if chosen.path
        else download(chosen.name, input_folder / DOWNLOADS)
    )
    with opened(path) as files:
        return _convert(files, snapshot)


def _convert(files: DataSet, snapshot: Snapshot) -> Origin:
    layout = recognise(files)
    expect_movies(files, layout)
    catalogue = read_catalogue(files, layout)
    ratings = read_ratings(files.blocks(layout.ratings), layout, catalogue)
    snapshot.write_events(event_blocks(ratings, layout.scale, catalogue), layout.scale)
    snapshot.write_rejected_events(ratings.rejected)
    snapshot.write_movies(catalogue.rows)
    if layout.users:
        snapshot.write_users(read_people(files, layout))
    return {
        "dataset": layout.name,
        "unreadable_ratings": len(ratings.rejected),
        "files": files.describe(),
    }
