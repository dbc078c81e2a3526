"""The first stage: from a source of events to one immutable raw snapshot.

The source is chosen in ``params.yaml``: the embedded simulator, log files, a range of a Kafka
topic, a MovieLens data set, or tables of ratings or clicks. What comes out is one grammar
(``marquee.events``), cut into parts, with metadata beside it and a manifest that names every part
by its SHA-256.
"""

from marquee.artifacts import write_json
from marquee.params import Params
from marquee.settings import load_settings
from marquee.stage import In, Out, run_stage


def ingest(params: Params, *, input: In, raw: Out, metrics: Out) -> None:  # noqa: A002
    """Write the raw snapshot of ``ingest.source`` and its metrics.

    ``input`` is the folder of the user's own data; downloads are kept below it. Where the broker
    is, if one is asked for, the environment says.
    """
    from marquee.bootstrap import broker
    from marquee.ingest.sources import snapshot_metrics, write_snapshot

    manifest = write_snapshot(params.ingest, input, raw, lambda: broker(load_settings()))
    write_json(metrics, snapshot_metrics(manifest))


if __name__ == "__main__":
    run_stage(ingest)
