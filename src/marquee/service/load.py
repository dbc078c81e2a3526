"""The trained model as the service wants it: known by its digest, popularity beside it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from marquee.errors import ModelError, ProvenanceError
from marquee.models.base import Recommender
from marquee.models.fitted import Fitted
from marquee.models.popularity import Popularity
from marquee.models.registry import load_model
from marquee.provenance.digest import digest_path
from marquee.provenance.lock import read_lock

_VERSION_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Version:
    """A model's digest in ``dvc.lock``, and its first 12 digits, which events name it by."""

    digest: str

    @property
    def name(self) -> str:
        """What stands in a recommendation."""
        return self.digest[:_VERSION_LENGTH]


def version_of(folder: Path, root: Path) -> Version:
    """Return the version of the model in ``folder``.

    :class:`ProvenanceError` where ``root``'s ``dvc.lock`` did not record its digest, so that each
    version leads back to its data; :class:`ModelError` where there is no such folder.
    """
    digest = digest_path(folder, root)
    if digest is None:
        raise ModelError(f"{folder}: no model there; dvc checkout or dvc repro brings it back")
    if read_lock(root / "dvc.lock").made(digest) is None:
        raise ProvenanceError(f"{folder}: {digest}, which no stage of dvc.lock made")
    return Version(digest.md5)


def load_versioned(folder: Path, root: Path) -> tuple[Recommender, Version]:
    """Load the model in ``folder`` and its version; a folder without one is a ``ModelError``."""
    version = version_of(folder, root)
    return load_model(folder), version


def popularity_of(model: Recommender) -> Popularity:
    """Return the popularity that a model found when it was fitted, as a model of its own.

    It ranks the model's own catalogue and predicts no ratings. :class:`ModelError` where the model
    has none.
    """
    if not isinstance(model, Fitted):
        raise ModelError(f"{model.name}: expected a model that knows how popular its movies are")
    return Popularity(
        fit_on=model.fit_on,
        seed=model.seed,
        params={},
        user_ids=model.user_ids,
        movie_ids=model.movie_ids,
        popularity=model.popularity,
        weighed_by=model.weighed_by,
        mean=float("nan"),
        movie_offset=np.empty(0, np.float32),
    )
