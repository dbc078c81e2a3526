"""The third stage: from tables to a fitted model.

The model and what it is fitted on are chosen in ``params.yaml``. It is a folder of ``.npy`` arrays
and one ``config.json``, which says what it was fitted on, so that no later stage judges it by rows
that it has seen. The folder is all that a recommendation takes: it also holds what movies are
called, and what users met before the fit.
"""

import time

from marquee.artifacts import tree_bytes, write_json
from marquee.params import Params
from marquee.stage import Costs, In, Out, run_stage


def train(params: Params, *, tables: In, model: Out, metrics: Out) -> Costs:
    """Fit ``train.model`` on the splits of ``train.fit_on`` and save it with its metrics."""
    from marquee.models.bundle import Bundle
    from marquee.models.catalogue import read_metadata
    from marquee.models.fit_report import report_fit
    from marquee.models.folder import read_config
    from marquee.models.registry import fit_model
    from marquee.tables.interactions import read_interactions

    splits = params.train.fit_on.split("+")
    interactions = read_interactions(tables / f"{split}.parquet" for split in splits)
    begin = time.perf_counter()
    fitted = fit_model(interactions, params.train)
    fit_seconds = time.perf_counter() - begin
    movies = read_metadata(tables / "movies.parquet")
    Bundle.of(fitted, interactions, movies).save(model)
    write_json(metrics, report_fit(fitted, interactions, read_config(model)))
    return {"fit_seconds": fit_seconds, "model_bytes": tree_bytes(model)}


if __name__ == "__main__":
    run_stage(train)
