"""The truth: what every user thinks of every movie, watched or not.

A user's tastes are one standard normal number for each of :data:`~marquee.simulation.movies.TASTES`
and a movie serves one or two of them; their product is the *match*. It steers both what the user
picks and how it is rated.

Two mild disparities are built in. Tastes depend on gender and age (:data:`_MALE_SHIFT`,
:data:`_AGE_SHIFT`), and the catalogue has more movies for those of young men. And its distinctions
are drawn for men: women's tastes follow them less (:data:`FEMALE_CLARITY`), so that a model, and
even the truth, tells less about what a woman watches next.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from marquee.events import RatingScale
from marquee.simulation.draws import Stream, normals
from marquee.simulation.exact import FloatArray, exp, normal_cdf
from marquee.simulation.movies import TASTES, Catalogue
from marquee.simulation.opinions import NOISE, cut_points
from marquee.simulation.users import UserIds, ages, males

Positions = NDArray[np.intp]

N_TASTES = len(TASTES)
CHOICE_SHARPNESS = 2.4
"""How much one standard deviation of taste raises the log odds of picking such a movie."""
CURIOSITY = 0.005
"""The weight of a movie that does not serve the taste one is in the mood for."""

FEMALE_CLARITY = 0.55
"""Scales women's tastes; men's count in full."""
_MALE_SHIFT = np.array([0.2, 0.25, 0.1, 0.0, 0.1, 0.1, -0.15, -0.3, -0.2, -0.05, 0.0, -0.15])
_AGE_SHIFT = np.array([-0.1, 0.0, 0.0, -0.1, -0.15, -0.25, 0.15, 0.05, 0.0, 0.2, 0.3, 0.1])
"""For every 20 years above 30 (below: the opposite)."""

_OFFSET, _QUALITY, _BIAS, _MATCH = -0.58, 0.44, 0.52, 0.48
"""Parts of an opinion. Opinions of watched movies come out with mean 0 and standard deviation 1
once the noise is added; the offset makes up for people picking what they like."""


class Preferences:
    """What users like, choose and would rate; every answer is a pure function of the seed."""

    def __init__(self, catalogue: Catalogue, scale: RatingScale) -> None:
        self.catalogue = catalogue
        self.scale = scale
        self.loadings = _loadings(catalogue)
        """[n_movies, N_TASTES], rows of length 1: how much a movie serves each taste."""

    def tastes(self, users: UserIds) -> FloatArray:
        """Return [n, N_TASTES]: a standard normal number each, shifted and scaled by group."""
        seed = self.catalogue.seed
        own = normals(seed, Stream.TASTE, users[:, None], np.arange(N_TASTES)[None, :])
        male = males(seed, users)
        era = np.clip((ages(seed, users) - 30) / 20, -1, 2)
        shifted = own + (male[:, None] - 0.5) * _MALE_SHIFT + era[:, None] * _AGE_SHIFT
        return np.asarray(shifted * np.where(male, 1, FEMALE_CLARITY)[:, None])

    def moods(self, tastes: FloatArray) -> FloatArray:
        """Return [n, N_TASTES]: cumulative odds of picking by each taste; the last is 1."""
        odds = np.cumsum(exp(CHOICE_SHARPNESS * tastes), axis=1)
        return np.asarray(odds / odds[:, -1:])

    def match(self, tastes: FloatArray, movies: Positions) -> FloatArray:
        """Return how well each movie (a row of them for each row of ``tastes``) serves its user."""
        total = np.zeros(movies.shape)
        for taste in range(N_TASTES):
            own = tastes[:, taste].reshape(-1, *[1] * (movies.ndim - 1))
            total += own * self.loadings[movies, taste]
        return total

    def opinion(self, users: UserIds, tastes: FloatArray, movies: Positions) -> FloatArray:
        """Return each pair's opinion before the noise of the day."""
        bias = normals(self.catalogue.seed, Stream.USER_BIAS, users)
        quality = self.catalogue.quality[movies]
        match = self.match(tastes, movies)
        return np.asarray(_OFFSET + _QUALITY * quality + _BIAS * bias + _MATCH * match)

    def expected_rating(self, user_ids: UserIds, movie_ids: NDArray[np.str_]) -> FloatArray:
        """Return the mean of what each user would rate each movie: no predictor can do better.

        Movies that are not in the catalogue raise :class:`KeyError`.
        """
        above = self._above(user_ids, movie_ids, cut_points(self.scale))
        return np.asarray(self.scale.min + self.scale.step * above.sum(axis=1))

    def chance_of_rating(
        self, user_ids: UserIds, movie_ids: NDArray[np.str_], at_least: float
    ) -> FloatArray:
        """Return how likely each pair's rating, if there is one, is ``at_least`` so high."""
        cuts = np.concatenate(([-np.inf], cut_points(self.scale), [np.inf]))
        steps = int(np.ceil((at_least - self.scale.min) / self.scale.step))
        cut = cuts[min(max(steps, 0), len(cuts) - 1)]
        return self._above(user_ids, movie_ids, np.array([cut]))[:, 0]

    def _above(
        self, user_ids: UserIds, movie_ids: NDArray[np.str_], cuts: FloatArray
    ) -> FloatArray:
        """Return [n_pairs, n_cuts]: how likely the noisy opinion is to exceed each cut."""
        movies = np.array([self._position[movie] for movie in movie_ids.tolist()], dtype=np.intp)
        opinion = self.opinion(user_ids, self.tastes(user_ids), movies)
        return normal_cdf((opinion[:, None] - cuts[None, :]) / NOISE)

    @cached_property
    def _position(self) -> dict[str, int]:
        return {movie_id: number for number, movie_id in enumerate(self.catalogue.ids)}

    def choice(self, users: UserIds) -> FloatArray:
        """Return [n, n_movies]: how likely each user is to pick each movie unprompted.

        This ignores what is already seen and what is not released yet; columns are in the order
        of ``catalogue.ids``.
        """
        moods = np.diff(self.moods(self.tastes(users)), axis=1, prepend=0)
        total = np.zeros((len(users), len(self.catalogue.ids)))
        for taste, weights in enumerate(self._weights):
            total += moods[:, taste, None] * weights
        return total

    @cached_property
    def _weights(self) -> FloatArray:
        """[N_TASTES, n_movies]: how likely each movie is, in the mood for a taste."""
        weights = self.catalogue.popularity * (self.loadings**2 + CURIOSITY).T
        return weights / np.cumsum(weights, axis=1)[:, -1:]

    @cached_property
    def shelves(self) -> FloatArray:
        """All tastes' cumulative weights in one ascending array: taste t spans (t, t + 1]."""
        cumulative = np.cumsum(self._weights, axis=1)
        cumulative /= cumulative[:, -1:]
        return (cumulative + np.arange(N_TASTES)[:, None]).ravel()

    def draw(self, moods: FloatArray, mood: FloatArray, movie: FloatArray) -> Positions:
        """Return [n, k] movies, k for each row of ``moods``, by two uniform draws [n, k] each."""
        taste = np.zeros(mood.shape, dtype=np.intp)
        for column in range(N_TASTES - 1):
            taste += mood > moods[:, column, None]
        spot = np.searchsorted(self.shelves, taste + movie, side="left")
        return np.asarray(np.maximum(spot - taste * len(self.catalogue.ids), 0), dtype=np.intp)


def _loadings(catalogue: Catalogue) -> FloatArray:
    loadings = np.zeros((len(catalogue.ids), N_TASTES))
    rows = np.arange(len(catalogue.ids))
    loadings[rows, catalogue.side] = 0.6
    loadings[rows, catalogue.main] = np.where(catalogue.main == catalogue.side, 1.0, 0.8)
    return loadings
