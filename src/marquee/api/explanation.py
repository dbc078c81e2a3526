"""Why a movie is recommended, in words and as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marquee.models.bundle import Bundle
from marquee.models.reasons import Kind, Reason

if TYPE_CHECKING:
    import pandas as pd

    from marquee.models.catalogue import Movie

_MOVIES_NAMED = 3


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a model gives one movie its score for one user.

    ``print`` it for a sentence; ``to_frame()`` has every part of the score. ``score`` is what the
    model ranks by; ``personalised`` is False where the user gets the most popular movies, as one
    whom the model does not know. ``users`` is how many of the fitted users met the movie, and
    ``weighed_by`` what each of them counts in the popular list (``count``, ``half_life_days``).
    ``movies`` are those that ``reasons`` name by their position.
    """

    user_id: int | str
    movie_id: str
    title: str
    model: str
    score: float
    personalised: bool
    users: int
    weighed_by: Mapping[str, Any]
    reasons: tuple[Reason, ...]
    movies: Mapping[int, "Movie"]

    @classmethod
    def of(cls, bundle: Bundle, user_id: int | str, movie: int, score: float) -> "Explanation":
        """Explain the score of the movie at a position of the catalogue."""
        reasons = tuple(bundle.model.reasons(user_id, movie, bundle.histories))
        named = {reason.movie for reason in reasons if reason.movie is not None}
        return cls(
            user_id=user_id,
            movie_id=bundle.catalogue[movie].movie_id,
            title=bundle.catalogue[movie].title,
            model=bundle.model.name,
            score=score,
            personalised=reasons[0].kind != "popularity",
            users=int(bundle.histories.users_by_movie[movie]),
            weighed_by=bundle.model.weighed_by,
            reasons=reasons,
            movies={other: bundle.catalogue[other] for other in named},
        )

    def __repr__(self) -> str:
        return f"<marquee.Explanation of {self.title!r} for user {self.user_id!r}: {self}>"

    def __str__(self) -> str:
        """Return the reasons as one sentence."""
        kinds = {reason.kind for reason in self.reasons}
        if "neighbours" in kinds:
            return self._neighbours()
        if "taste" in kinds:
            return self._stars()
        named = self._named("history")
        if named:
            return f"from the user's own movies: {named}"
        return self._popular()

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a reason: ``kind``, ``movie_id`` and ``title``, ``users``, ``value``.

        What a value means is said by its kind:

        - ``popularity``: the whole score of a popular list; ``users`` met the movie, and each adds
          1, or less where the list counts likes or has a half-life.
        - ``neighbours`` and ``average`` (user_knn) add up to the score: the votes of the nearest
          users, of whom ``users`` met the movie, and those of the average user.
        - ``history``: what a movie that the user met adds: to ``neighbours`` (user_knn), or, with
          ``rest``, to the score (als).
        - ``mean``, ``user``, ``movie``, ``taste`` (svd) add up to the expected rating in stars;
          ``movie`` and ``taste`` are the score.
        - ``similar`` (svd): a movie that the user met, and the cosine of the two movies' factors.
        """
        import pandas as pd

        named = [None if reason.movie is None else self.movies[reason.movie]
                 for reason in self.reasons]  # fmt: skip
        return pd.DataFrame(
            {
                "kind": [reason.kind for reason in self.reasons],
                "movie_id": [movie and movie.movie_id for movie in named],
                "title": [movie and movie.title for movie in named],
                "users": pd.array([reason.users for reason in self.reasons], "Int64"),
                "value": [reason.value for reason in self.reasons],
            }
        )

    def _popular(self) -> str:
        ways = []
        if self.weighed_by["count"] == "liked":
            ways.append("how much they liked it")
        if self.weighed_by["half_life_days"] is not None:
            ways.append("how recently they met it")
        weighed = f"; the score weighs each by {' and '.join(ways)}" if ways else ""
        return f"popular: {_users(self.users)} met it{weighed}"

    def _neighbours(self) -> str:
        near = self._of("neighbours").users or 0
        if not near:
            return f"none of the users most like this one met it; {_users(self.users)} did"
        shared = self._named("history")
        return f"{near:,} of the users most like this one met it; shared with them: {shared}"

    def _stars(self) -> str:
        kinds: tuple[Kind, ...] = ("mean", "user", "movie", "taste")
        mean, user, movie, taste = (self._of(kind).value for kind in kinds)
        said = (
            f"{mean:.2f} stars on average, {user:+.2f} as this user rates, {movie:+.2f} for the "
            f"movie, {taste:+.2f} for the user's taste"
        )
        named = self._named("similar")
        return f"{said}; closest of the user's own movies: {named}" if named else said

    def _of(self, kind: Kind) -> Reason:
        return next(reason for reason in self.reasons if reason.kind == kind)

    def _named(self, kind: Kind) -> str:
        """Name the movies that add most, with their shares of all that add something."""
        found = [reason for reason in self.reasons if reason.kind == kind and reason.value > 0]
        total = sum(reason.value for reason in found)
        return ", ".join(
            self.movies[reason.movie or 0].title
            + ("" if kind == "similar" else f" ({reason.value / total:.0%})")
            for reason in found[:_MOVIES_NAMED]
        )


def _users(count: int) -> str:
    return f"{count:,} user" if count == 1 else f"{count:,} users"
