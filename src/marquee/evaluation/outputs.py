"""What an evaluation keeps of every user, so that runs can be compared and groups looked at."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from marquee.evaluation.offline import Evaluation
from marquee.evaluation.scores import Columns, score, take
from marquee.params import EvaluateParams

PER_USER = "per_user.parquet"
RECOMMENDATIONS = "recommendations.parquet"


def write_per_user(evaluation: Evaluation, params: EvaluateParams, folder: Path) -> None:
    """Write ``per_user.parquet`` and ``recommendations.parquet``.

    per_user has one row for each test user with a test row in the catalogue, by ``user_id``:
    ``warm``, ``relevant`` (how many movies), then every metric of the model and, prefixed
    ``popularity_``, of the baseline; null where it has no meaning. recommendations has the lists
    of all test users: ``user_id``, ``rank`` from 1, ``movie_id``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(_per_user(evaluation, params), folder / PER_USER)
    _write(_recommendations(evaluation), folder / RECOMMENDATIONS)


def _per_user(evaluation: Evaluation, params: EvaluateParams) -> dict[str, Any]:
    truth, catalogue = evaluation.trial.truth, evaluation.trial.catalogue
    rows = truth.movie_idx >= 0
    users = truth.users_of(rows)
    table: dict[str, Any] = {
        "user_id": truth.tested.user_ids[users],
        "warm": truth.warm[users],
        "relevant": truth.count_relevant(rows)[users],
    }
    for name, answers in evaluation.answers.items():
        prefix = "" if name == "model" else f"{name}_"
        columns: Columns = take(score(answers, truth, rows, catalogue, params.cutoffs), users)
        table |= {prefix + metric: pa.array(v, from_pandas=True) for metric, v in columns.items()}
    return table


def _recommendations(evaluation: Evaluation) -> dict[str, Any]:
    ranked = evaluation.answers["model"].ranked
    user, place = np.nonzero(ranked >= 0)
    movie_ids: NDArray[np.str_] = evaluation.trial.catalogue.movie_ids
    user_ids = evaluation.trial.truth.tested.user_ids
    return {
        "user_id": _encoded(user_ids, user) if user_ids.dtype.kind == "U" else user_ids[user],
        "rank": (place + 1).astype(np.int32),
        "movie_id": _encoded(movie_ids, ranked[user, place]),
    }


def _encoded(ids: NDArray[Any], positions: NDArray[Any]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        pa.array(positions, pa.int32()), pa.array(ids.tolist(), pa.string())
    )


def _write(columns: dict[str, Any], path: Path) -> None:
    pq.write_table(pa.table(columns), path, compression="zstd")
