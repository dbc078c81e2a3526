"""Which source a snapshot comes from."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from marquee.broker.options import BrokerOptions
from marquee.ingest.files import read_files
from marquee.ingest.movielens import read_movielens
from marquee.ingest.ratings import read_ratings
from marquee.ingest.simulator import read_simulator
from marquee.ingest.snapshot import Manifest, Origin, Snapshot
from marquee.params import IngestParams

SOURCES: Mapping[str, Callable[[IngestParams, Path, Snapshot], Origin]] = {
    "simulator": read_simulator,
    "files": read_files,
    "movielens": read_movielens,
    "ratings": read_ratings,
}
"""By the name that ``ingest.source`` gives; each writes a snapshot and says what it was made from.
The path is the folder of the user's own data. Not among them is ``kafka``, which needs a broker."""


def write_snapshot(
    params: IngestParams, input_folder: Path, folder: Path, broker: Callable[[], BrokerOptions]
) -> Manifest:
    """Write a snapshot of the chosen source into ``folder`` and return its manifest.

    ``broker`` says how the broker is reached; it is called when the source is ``kafka``.
    """
    snapshot = Snapshot(folder)
    if params.source == "kafka":
        from marquee.ingest.kafka import read_kafka  # its libraries are not everywhere

        origin = read_kafka(params.kafka, params.rating_scale.scale, broker(), snapshot)
    else:
        origin = SOURCES[params.source](params, input_folder, snapshot)
    return snapshot.finish(params.source, origin)


def snapshot_metrics(manifest: Manifest) -> dict[str, Any]:
    """Return what is worth following from snapshot to snapshot.

    ``timed`` is there where the source has no times; ``read_as`` where it is tables: what each
    column was taken for, and how times are written.
    """
    return {
        "source": manifest["source"],
        **manifest["counts"],
        "rating_scale": manifest["rating_scale"],
        "time_span": manifest["time_span"],
        **({} if manifest.get("timed", True) else {"timed": False}),
        **({"read_as": _read_as(manifest)} if manifest["source"] == "ratings" else {}),
    }


def _read_as(manifest: Manifest) -> dict[str, Any]:
    names = ("format", "columns", "times")
    return {
        file["name"]: {name: file[name] for name in names}
        for file in manifest["origin"].get("events", ())
    }
