"""All that a recommendation takes, in one folder: the model, the histories, the catalogue."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from marquee.models.base import Recommender
from marquee.models.catalogue import Catalogue
from marquee.models.histories import Histories
from marquee.models.registry import load_model
from marquee.tables.interactions import Interactions

_HISTORIES = "histories"
_CATALOGUE = "catalogue.json"


def load_catalogue(folder: Path, movie_ids: NDArray[np.str_]) -> Catalogue:
    """Read what the movies of the model in ``folder`` are called."""
    return Catalogue.load(folder / _CATALOGUE, movie_ids)


@dataclass(frozen=True)
class Bundle:
    """A model, what its users met before the fit, and what its movies are called."""

    model: Recommender
    histories: Histories
    catalogue: Catalogue

    @classmethod
    def of(cls, model: Recommender, interactions: Interactions, movies: pa.Table) -> Self:
        """Put a model beside the rows it was fitted on, and a table of movies' metadata."""
        return cls(model, Histories.of(interactions), Catalogue.of(movies, model.movie_ids))

    def save(self, folder: Path) -> None:
        """Write the model's folder, with ``catalogue.json`` and ``histories/`` in it.

        A model that keeps its rows anyway has no ``histories/``.
        """
        self.model.save(folder)
        self.catalogue.save(folder / _CATALOGUE)
        if self.model.histories is None:
            self.histories.save(folder / _HISTORIES)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote; arrays are memory-mapped.

        :class:`ModelError` where the folder is missing or a file of it damaged.
        """
        model = load_model(folder)
        catalogue = load_catalogue(folder, model.movie_ids)
        return cls(model, model.histories or Histories.load(folder / _HISTORIES), catalogue)
