"""The source ``simulator``: the embedded platform that never was."""

from pathlib import Path

from marquee.ingest.metadata import movie, user
from marquee.ingest.rows import convert_rows
from marquee.ingest.snapshot import Origin, Snapshot
from marquee.params import IngestParams
from marquee.simulation import Platform
from marquee.simulation.export import with_progress


def read_simulator(params: IngestParams, _: Path, snapshot: Snapshot) -> Origin:
    """Simulate the platform of ``ingest.simulator``: its log, its users, its movies."""
    scale = params.rating_scale.scale
    platform = Platform(params.simulator, scale)
    snapshot.write_events(with_progress(platform), scale)
    snapshot.write_users(convert_rows("simulated users", platform.users(), user))
    snapshot.write_movies(convert_rows("simulated movies", platform.movies(), movie))
    return params.simulator.model_dump()
