"""Marquee: a reproducible movie recommender with a monitored life in production.

Ask a fitted model for recommendations, or fit one on your own data:

    import marquee

    m = marquee.load("data/model")      # the folder that `make repro` fits
    m.recommend(42)                     # the user's ten best movies, as a pandas DataFrame
    m.recommend(42, why=True)           # and what each was chosen for
    print(m.explain(42, "alien+1979"))  # what the score of one movie is made of

    m = marquee.fit(frame)              # a DataFrame with user_id, movie_id, rating ...
    m.save("my-model")

``help(marquee.load)``, ``help(marquee.fit)`` and ``help(marquee.Model)`` say the rest. Every
mistake of a caller is a ``marquee.MarqueeError``, whose message says what was found and what was
expected.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marquee.api.explanation import Explanation
    from marquee.api.fitting import fit
    from marquee.api.model import Model, load
    from marquee.errors import MarqueeError

    __version__: str

__all__ = ["Explanation", "MarqueeError", "Model", "__version__", "fit", "load"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command and the stages import this package, and start at once.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import version

        return version("marquee")
    from marquee.api import public

    return getattr(public, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
