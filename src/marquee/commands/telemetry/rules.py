"""The settings that say how lines are read and hits are made."""

from datetime import timedelta

from marquee.bootstrap import rating_scale
from marquee.settings import Settings
from marquee.telemetry.records import Rules


def rules_of(settings: Settings) -> Rules:
    """Return the rules of the writer, and of whoever does its work again."""
    return Rules(
        scale=rating_scale(settings),
        hit_window=timedelta(seconds=settings.hit_window_s),
        lateness=timedelta(seconds=settings.lateness_s),
    )
