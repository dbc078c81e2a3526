"""The source ``simulator``: the embedded platform that never was."""

from pathlib import Path

from marquee.ingest.metadata import encode
from marquee.ingest.snapshot import Origin, Snapshot
from marquee.params import IngestParams


def read_simulator(params: IngestParams, _: Path, snapshot: Snapshot) -> Origin:
    """Simulate the platform of ``ingest.simulator``: its log, its users, its movies."""
    from marquee.simulation import Platform

    platform = Platform(params.simulator)
    snapshot.write_events(platform.lines(), params.rating_scale.scale)
    snapshot.write_users(encode(row) for row in platform.users())
    snapshot.write_movies(encode(row) for row in platform.movies())
    return params.simulator.model_dump()
