"""The second stage: from raw lines to typed tables, nothing lost, split for honest evaluation."""

from marquee.artifacts import write_json
from marquee.params import Params
from marquee.stage import In, Out, run_stage


def clean(params: Params, *, raw: In, tables: Out, metrics: Out, plots: Out) -> None:
    """Write the tables, what their plots are drawn from, and the metrics of their quality.

    Lines that are no events are quarantined with their reason and place; more of them than
    ``clean.max_quarantined_share`` stop the stage.
    """
    from marquee.tables.clean import clean as clean_snapshot

    write_json(metrics, clean_snapshot(params.clean, raw=raw, tables=tables, plots=plots))


if __name__ == "__main__":
    run_stage(clean)
