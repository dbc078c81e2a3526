"""Interactions as scikit-surprise wants them."""

from collections import defaultdict

from surprise import Trainset

from marquee.models.ratings import Ratings


def to_trainset(ratings: Ratings, n_users: int, n_movies: int) -> Trainset:
    """Return a trainset whose inner ids are our positions, so that its arrays can be taken over."""
    by_user: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    by_movie: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    rows = zip(*(column.tolist() for column in ratings), strict=True)
    for user, movie, stars in rows:
        by_user[user].append((movie, stars))
        by_movie[movie].append((user, stars))
    return Trainset(
        by_user,
        by_movie,
        n_users,
        n_movies,
        len(ratings.stars),
        (float(ratings.stars.min()), float(ratings.stars.max())),
        {user: user for user in range(n_users)},
        {movie: movie for movie in range(n_movies)},
    )
