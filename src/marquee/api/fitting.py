"""Fit a model on a DataFrame, without a pipeline."""

from typing import TYPE_CHECKING, Any

import numpy as np

from marquee.api.defaults import HYPERPARAMETERS
from marquee.api.frames import as_interactions, as_metadata
from marquee.api.model import Model
from marquee.errors import ParameterError
from marquee.models.bundle import Bundle
from marquee.models.registry import fit_model
from marquee.params import TrainParams, check

if TYPE_CHECKING:
    import pandas as pd


def fit(
    frame: "pd.DataFrame",
    model: str = "user_knn",
    *,
    movies: "pd.DataFrame | None" = None,
    seed: int = 1,
    **hyperparameters: Any,
) -> Model:
    """Fit a model on a DataFrame of what users did.

    Parameters
    ----------
    frame
        A row an event: ``user_id`` and ``movie_id`` (integers or strings); optionally ``rating``
        in stars, ``minutes`` watched, and ``at`` or ``timestamp``, a datetime or seconds since
        1970. Of a pair with several rows the latest rating counts and minutes add up. No other
        column may be there.
    model
        ``user_knn`` (what similar users liked), ``als`` (matrix factorisation that ranks), ``svd``
        (matrix factorisation that predicts stars; needs ratings) or ``popularity``.
    movies
        What movies are called: ``movie_id``, optionally ``title``, ``year``, ``genres`` (a list, or
        names between ``|``).
    seed
        The same frame and seed give the same model.
    hyperparameters
        Those of the model, by the names that they have in ``params.yaml``. What is not given is:

        - user_knn: neighbours=100, shrinkage=10, smoothing=1, damping=5, engine="sparse"
        - als: factors=32, iterations=15, regularisation=10.0, alpha=2.0
        - svd: factors=50, epochs=40, learning_rate=0.01, regularisation=0.05, init_std=0.01,
          engine="numba"
        - popularity: count="liked", half_life_days=365, damping=5

    Returns
    -------
    Model
        In memory; ``save`` writes it to a folder.

    Raises
    ------
    MarqueeError
        For columns, values or hyper-parameters that it cannot use, and where there is nothing to
        learn from.

    Examples
    --------
    >>> import marquee, pandas as pd
    >>> frame = pd.read_csv("ratings.csv")  # user_id,movie_id,rating,timestamp
    >>> m = marquee.fit(frame, "user_knn", neighbours=50)
    >>> m.recommend(42)
    """
    params = _params(model, seed, hyperparameters)
    interactions = as_interactions(frame)
    fitted = fit_model(interactions, params)
    return Model(Bundle.of(fitted, interactions, as_metadata(movies)))


def _params(model: str, seed: int, hyperparameters: dict[str, Any]) -> TrainParams:
    if not isinstance(model, str) or model not in HYPERPARAMETERS:
        raise ParameterError(f"model = {model!r}: expected one of {', '.join(HYPERPARAMETERS)}")
    given = {name: _plain(value) for name, value in hyperparameters.items()}
    chosen = {**HYPERPARAMETERS[model], **given}
    head = {"model": model, "fit_on": "train", "seed": _plain(seed)}
    return check(TrainParams, {**head, **HYPERPARAMETERS, model: chosen}, where="fit")


def _plain(value: Any) -> Any:
    """Return a number of numpy's, as loops over its ranges give them, as one of Python's."""
    return value.item() if isinstance(value, np.generic) else value
