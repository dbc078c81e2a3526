"""The page: every dashboard a section, every panel a picture, all of it in one file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files

from marquee.dashboards.macros import Period
from marquee.dashboards.model import NO_ROWS, Dashboard, Panel, Row, place
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.blocks import draw_bars, draw_gauge, draw_heat
from marquee.dashboards.preview.cells import draw_stat, draw_table
from marquee.dashboards.preview.curves import Deploys, draw_curves
from marquee.dashboards.preview.frames import curves_of
from marquee.dashboards.preview.markup import Markup, element, joined

EMPTY = "Nothing has come into this database yet"


@dataclass(frozen=True, slots=True)
class Asked:
    """A panel, and what its queries found of a period."""

    panel: Panel
    period: Period
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Section:
    """A dashboard and its panels, in their order."""

    board: Dashboard
    panels: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class Page:
    """What is on the page."""

    period: Period
    sections: Sequence[Section]
    deploys: Deploys
    reload_s: float | None


def render(page: Page) -> str:
    """Return the page as HTML that loads nothing; without sections it says that there is no data.

    It loads itself anew every ``reload_s`` seconds, if that is given.
    """
    style = files("marquee.dashboards.preview").joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup('<link rel="icon" href="data:,">'),
        element("title", "Marquee: preview of the dashboards"),
        element("style", Markup(style)),
    )
    body = element("body", _header(page), _main(page), *_reload(page.reload_s))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _header(page: Page) -> Markup:
    boards = [section.board for section in page.sections]
    links = [element("a", _short(board), href=f"#{board.name}") for board in boards]
    return element(
        "header",
        element("h1", "Marquee"),
        element("p", f"{_moment(page.period.since)} to {_moment(page.period.until)}, times in UTC"),
        *_key(page),
        element("nav", *links),
    )


def _key(page: Page) -> list[Markup]:
    known = any(page.period.since <= at <= page.period.until for at, _ in page.deploys)
    return [element("p", "┊ a deploy")] if known else []


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _short(board: Dashboard) -> str:
    return board.title.removeprefix("Marquee: ").capitalize()


def _main(page: Page) -> Markup:
    if not page.sections:
        hint = "`marquee telemetry run` applies a topic's lines, `marquee demo` plays some."
        return element("main", element("p", f"{EMPTY}. {hint}", class_="empty"))
    return element("main", *[_section(section, page.deploys) for section in page.sections])


def _section(section: Section, deploys: Deploys) -> Markup:
    board, waiting = section.board, iter(section.panels)
    parts = [
        _heading(placed.item)
        if isinstance(placed.item, Row)
        else _panel(f"{board.uid}-{placed.id}", next(waiting), deploys)
        for placed in place(board)
    ]
    return element(
        "section",
        element("h2", _short(board)),
        element("p", board.description),
        element("div", *parts, class_="grid"),
        id=board.name,
    )


def _heading(row: Row) -> Markup:
    return element("h3", row.title)


def _panel(name: str, asked: Asked, deploys: Deploys) -> Markup:
    panel = asked.panel
    about = element("details", element("summary", "?"), element("p", panel.description))
    return element(
        "article",
        element("h4", panel.title, title=panel.description),
        about,
        element("div", _content(asked, deploys), class_="body"),
        id=name,
        style=f"--columns:{panel.width};--lines:{panel.height}",
    )


def _content(asked: Asked, deploys: Deploys) -> Markup:
    panel, answers, period = asked.panel, asked.answers, asked.period
    errors = [answer.error for answer in answers if answer.error]
    if errors:
        return element("p", f"The query failed: {'; '.join(errors)}", class_="error")
    if not any(_is_told(panel, answer) for answer in answers):
        return element("p", panel.empty or NO_ROWS, class_="none")
    match panel.kind:
        case "time series":
            return draw_curves(panel, curves_of(panel, answers), period, deploys)
        case "heat map":
            return draw_heat(panel, curves_of(panel, answers), period)
        case "bar chart":
            draw = draw_bars
        case "bar gauge":
            draw = draw_gauge
        case "stat":
            draw = draw_stat
        case "table":
            draw = draw_table
    return joined([draw(panel, answer) for answer in answers if answer.rows])


def _is_told(panel: Panel, answer: Answer) -> bool:
    """Tell whether an answer has rows; of figures at least one must be known."""
    if panel.kind != "stat":
        return bool(answer.rows)
    return any(cell is not None for row in answer.rows for cell in row)


def _reload(seconds: float | None) -> list[Markup]:
    if seconds is None:
        return []
    return [Markup(f"<script>setTimeout(() => location.reload(), {seconds * 1000:.0f})</script>")]
