"""HTML and SVG whose texts and attributes are always escaped."""

from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str | float | None) -> Markup:
    """Return an element; content that is no :class:`Markup` is text.

    An underscore in an attribute's name is a hyphen, but for one at its end, which keeps it from
    being a word of Python. An attribute that is None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(part if isinstance(part, Markup) else escape(part) for part in content)
    return Markup(f"<{name}{given}>{inside}</{name}>")


def joined(parts: "list[Markup]") -> Markup:
    """Return elements one after the other."""
    return Markup("".join(parts))


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
