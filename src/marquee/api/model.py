"""A fitted model as a data scientist asks it: ids and titles in, DataFrames out."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from marquee.api.explanation import Explanation
from marquee.api.ids import Id, as_given, as_list, as_movies, as_path, as_user, as_users
from marquee.artifacts import new_folder
from marquee.errors import DataError, ModelError
from marquee.models.bundle import Bundle
from marquee.models.fitted import positions
from marquee.tables.interactions import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

_MOST_LEFT_OUT = 4_000_000
"""Pairs of a user and a movie of ``exclude`` that are held at once."""


def load(path: str | Path) -> "Model":
    """Load a model that was saved.

    Parameters
    ----------
    path
        The model's folder: ``data/model`` of a project after ``make repro``, what ``dvc get``
        brings, or what :meth:`Model.save` wrote.

    Returns
    -------
    Model
        Its arrays are mapped, not read: a large model loads at once.

    Raises
    ------
    MarqueeError
        Where there is no model, a file of it is damaged, or an older version wrote it.

    Examples
    --------
    >>> import marquee
    >>> m = marquee.load("data/model")
    >>> m.recommend(42, n=5)
    """
    folder = as_path(path)
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"{folder}: found no model there, expected the folder of one; `make repro` fits one, "
            "`dvc pull` or `dvc get` brings one"
        )
    return Model(Bundle.load(folder))


class Model:
    """A fitted model, with what its users met before the fit and what its movies are called.

    ``marquee.load`` and ``marquee.fit`` make one. Users and movies have the ids of the data; a user
    id may be an integer or a string, 42 and "42" are the same user. Movie ids are strings.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def __repr__(self) -> str:
        model = self._bundle.model
        users, movies = len(self._bundle.histories.user_ids), len(model.movie_ids)
        return (
            f"<marquee.Model {model.name}: {users:,} users, {movies:,} movies, fitted on "
            f"{model.fit_on}>"
        )

    @property
    def name(self) -> str:
        """Which model it is: popularity, svd, user_knn or als."""
        return self._bundle.model.name

    @property
    def fit_on(self) -> str:
        """Which splits of the data it was fitted on."""
        return self._bundle.model.fit_on

    @property
    def user_ids(self) -> NDArray[Any]:
        """The users of the fitted data, sorted."""
        return self._bundle.histories.user_ids

    @property
    def movie_ids(self) -> NDArray[np.str_]:
        """The catalogue: every movie of the fitted data, sorted."""
        return self._bundle.model.movie_ids

    def knows(self, user_ids: Iterable[Id]) -> NDArray[np.bool_]:
        """Say of each user whether the list is their own; the others get the most popular movies.

        A model of popularity has the same list for everyone, so it knows nobody.
        """
        return self._bundle.model.knows(self._users(user_ids))

    def recommend(
        self,
        user_id: Id,
        n: int = 10,
        *,
        exclude: Iterable[Id] = (),
        seen: bool = False,
        why: bool = False,
    ) -> "pd.DataFrame":
        """Recommend movies to one user.

        Parameters
        ----------
        user_id
            Any user. One whom the model does not know gets the most popular movies.
        n
            How many movies; fewer come where the catalogue has no more.
        exclude
            Movies that are not to be recommended; ids that no movie has are ignored.
        seen
            Whether movies that the user met before the fit may be recommended, too.
        why
            Whether to add a column ``why``, a sentence a movie (:meth:`explain` has all of it).

        Returns
        -------
        pandas.DataFrame
            A row a movie, best first: ``rank`` from 1, ``movie_id``, ``title`` (the id where there
            is no other), ``year``, ``genres`` and ``score``. Scores never rise along a list, and
            movies of equal scores come by id; those of two users cannot be compared.

        Raises
        ------
        MarqueeError
            For an id that is neither an integer nor a string, or an ``n`` below 1.

        Examples
        --------
        >>> m = marquee.load("data/model")
        >>> m.recommend(42, n=5, exclude=["alien+1979"], why=True)
        """
        found = self._recommend([user_id], n, exclude=exclude, seen=seen).drop(columns="user_id")
        if why:
            found["why"] = [str(self.explain(user_id, movie)) for movie in found["movie_id"]]
        return found

    def recommend_many(
        self,
        user_ids: Iterable[Id],
        n: int = 10,
        *,
        exclude: Iterable[Id] = (),
        seen: bool = False,
    ) -> "pd.DataFrame":
        """Recommend movies to many users at once, on all cores.

        As :meth:`recommend`, in one DataFrame with the column ``user_id`` first; users come in the
        order given.

        Examples
        --------
        >>> m = marquee.load("data/model")
        >>> m.recommend_many(m.user_ids, n=10).to_csv("lists.csv", index=False)
        """
        return self._recommend(user_ids, n, exclude=exclude, seen=seen)

    def predict(self, user_ids: Iterable[Id], movie_ids: Iterable[Id]) -> FloatArray:
        """Return the expected rating of each pair of a user and a movie, in stars.

        Of an unknown user or movie what is known counts: the other's mean, or the mean of all.
        A ``MarqueeError`` where the model predicts no ratings (als; others fitted without ratings),
        or there are not as many users as movies.

        Examples
        --------
        >>> m = marquee.load("data/model")
        >>> m.predict([42, 42], ["alien+1979", "brazil+1985"])
        """
        users, movies = self._users(user_ids), as_movies(movie_ids)
        if len(users) != len(movies):
            raise DataError(
                f"predict: found {len(users)} users and {len(movies)} movies, expected pairs"
            )
        stars = self._bundle.model.predict(users, movies)
        if stars is None:
            raise ModelError(f"{self!r}: it predicts no ratings, as it learnt from none")
        return stars

    def explain(self, user_id: Id, movie_id: Id) -> Explanation:
        """Say why a movie has its score for a user; see :class:`Explanation`.

        The reasons of a user whom the model does not know are those of the popular list. A
        ``MarqueeError`` where the movie is none of the catalogue.

        Examples
        --------
        >>> m = marquee.load("data/model")
        >>> print(m.explain(42, "alien+1979"))
        >>> m.explain(42, "alien+1979").to_frame()
        """
        user = as_user(user_id, self.user_ids)
        (movie,) = positions(self.movie_ids, as_movies([movie_id]))
        if movie < 0:
            raise DataError(
                f"movie_id = {movie_id!r}: not one of the {len(self.movie_ids):,} movies that the "
                "model was fitted on"
            )
        score = self._bundle.model.score(self._users([user]), np.array([[movie]], np.int32))
        return Explanation.of(self._bundle, user, int(movie), float(score[0, 0]))

    def save(self, path: str | Path) -> None:
        """Save the model as a folder, which ``marquee.load`` reads; no pickle.

        A ``MarqueeError`` where ``path`` is a folder that holds something.
        """
        with new_folder(as_path(path)) as folder:
            self._bundle.save(folder)

    def _users(self, user_ids: Iterable[Id]) -> NDArray[Any]:
        return as_users(user_ids, self.user_ids)

    def _recommend(
        self, user_ids: Iterable[Id], n: int, *, exclude: Iterable[Id], seen: bool
    ) -> "pd.DataFrame":
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise DataError(f"n = {n!r}: expected a whole number, at least 1")
        given = as_list(user_ids, "user_ids")
        users, others = self._users(given), as_movies(exclude, "exclude")
        ranked = np.empty((len(users), min(int(n), len(self.movie_ids))), np.int32)
        size = max(1, _MOST_LEFT_OUT // max(1, len(others)))
        for low in range(0, len(users), size):
            part = slice(low, low + size)
            ranked[part] = self._rank(users[part], ranked.shape[1], others, history=not seen)
        return self._frame(as_given(given, users), ranked, self._bundle.model.score(users, ranked))

    def _rank(
        self, users: NDArray[Any], n: int, others: NDArray[np.str_], *, history: bool
    ) -> IntArray:
        left_out = self._bundle.histories.left_out(users, self.movie_ids, others, history=history)
        return self._bundle.model.recommend_many(users, n, left_out)

    def _frame(self, users: NDArray[Any], ranked: IntArray, scores: FloatArray) -> "pd.DataFrame":
        import pandas as pd

        user, place = np.nonzero(ranked >= 0)
        catalogue = self._bundle.catalogue
        movies = [catalogue[movie] for movie in ranked[user, place].tolist()]
        return pd.DataFrame(
            {
                "user_id": users[user],
                "rank": place + 1,
                "movie_id": [movie.movie_id for movie in movies],
                "title": [movie.title for movie in movies],
                "year": pd.array([movie.year for movie in movies], "Int64"),
                "genres": [movie.genres for movie in movies],
                "score": scores[user, place],
            }
        )
