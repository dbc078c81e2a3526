"""The writer's statements, a file for what is run together."""

from functools import cache
from importlib.resources import files


@cache
def statements(name: str) -> str:
    """Return the SQL of ``NAME.sql``, which stands in this folder."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
