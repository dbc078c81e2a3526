"""Single figures and tables."""

from collections.abc import Iterable
from typing import Any

from marquee.dashboards.model import Panel, Series
from marquee.dashboards.preview.answers import Answer
from marquee.dashboards.preview.blocks import colour_of
from marquee.dashboards.preview.frames import number
from marquee.dashboards.preview.markup import Markup, element
from marquee.dashboards.preview.numbers import spell
from marquee.dashboards.preview.plot import swatch


def draw_stat(panel: Panel, answer: Answer) -> Markup:
    """Show each column of the first row, large; a panel of one column needs no name."""
    styles = {series.name: series for series in panel.series}
    figures = []
    for name, value in zip(answer.columns, answer.rows[0], strict=True):
        style = styles.get(name, Series(name=name))
        colour = style.colour or colour_of(number(value), style.steps or panel.steps)
        label = (style.label or name) if len(answer.columns) > 1 else ""
        figures.append(
            element(
                "div",
                element("b", _spelt(panel, style, value)),
                element("span", label),
                style=f"border-color:{colour or 'transparent'}",
            )
        )
    return element("div", *figures, class_="figures")


def draw_table(panel: Panel, answer: Answer) -> Markup:
    """Show all rows."""
    styles = {series.name: series for series in panel.series}
    columns = [styles.get(name, Series(name=name)) for name in answer.columns]
    kinds = [_kind(cells) for cells in zip(*answer.rows, strict=True)]
    head = [
        element("th", column.label or column.name, scope="col", class_=kind)
        for column, kind in zip(columns, kinds, strict=True)
    ]
    rows = [
        element("tr", *[_cell(panel, *of) for of in zip(columns, row, kinds, strict=True)])
        for row in answer.rows
    ]
    table = element("table", element("thead", element("tr", *head)), element("tbody", *rows))
    return element("div", table, class_="table")


def _cell(panel: Panel, column: Series, value: Any, kind: str | None) -> Markup:
    said = _spelt(panel, column, value)
    colour = dict(column.states).get(str(value)) or colour_of(number(value), column.steps)
    spot = [swatch(colour)] if colour else []
    return element("td", *spot, said, class_=kind)


def _kind(cells: Iterable[Any]) -> str | None:
    return "number" if any(number(cell) is not None for cell in cells) else None


def _spelt(panel: Panel, style: Series, value: Any) -> str:
    decimals = panel.decimals if style.decimals is None else style.decimals
    return spell(value, style.unit or panel.unit, decimals)
