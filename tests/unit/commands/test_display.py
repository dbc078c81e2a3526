import pytest

from marquee.commands.display import Column, print_table, print_tables, say

ROWS = [("svd factors=50 epochs=40", "0.1359", "[0.1189, 0.1525]", "668,777", "inconclusive, so")]
COLUMNS = [
    "configuration",
    "ndcg",
    Column("interval", spare=2),
    Column("bytes", spare=1),
    Column("verdict", text=12),
]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def lines(width: int, *, full: bool = False) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        print_table("", COLUMNS, ROWS, full=full)
        return capsys.readouterr().out.splitlines()

    return lines


def test_what_fits_stands_on_one_line(printed) -> None:
    head, row, empty = printed(90)
    assert head.split() == ["configuration", "ndcg", "interval", "bytes", "verdict"]
    assert row.split("  ") == [*ROWS[0]]
    assert empty == ""


def test_the_column_that_matters_least_goes_first(printed) -> None:
    assert printed(72)[0].split() == ["configuration", "ndcg", "interval", "bytes", "verdict"]
    assert printed(60)[0].split() == ["configuration", "ndcg", "bytes", "verdict"]
    assert printed(40)[0].split() == ["configuration", "ndcg", "verdict"]


@pytest.mark.parametrize("width", range(20, 90))
def test_numbers_are_whole_at_every_width(printed, width: int) -> None:
    lines = printed(width)
    whole = {word for cell in ROWS[0] for word in cell.split()} | {*COLUMNS[0].split()}
    names = {"configuration", "ndcg", "interval", "bytes", "verdict"}
    assert {word for line in lines for word in line.split()} <= whole | names
    assert width < 39 or max(len(line) for line in lines) <= width


def test_full_shows_every_column_whatever_the_width(printed) -> None:
    assert printed(20, full=True) == printed(200)


def test_wide_characters_count_by_the_columns_they_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table("", ["movie", "n"], [("千と千尋", "1"), ("ikiru", "2")])
    assert capsys.readouterr().out.splitlines() == ["movie     n", "千と千尋  1", "ikiru     2", ""]


def test_columns_that_all_matter_go_on_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "22")
    print_tables("By model", ["", "popularity", "svd", "als"], [("rate", "0.1", "0.2", "0.3")])
    assert capsys.readouterr().out.splitlines() == [
        "By model",
        "      popularity  svd",
        "rate         0.1  0.2",
        "",
        "      als",
        "rate  0.3",
        "",
    ]


def test_a_sentence_wraps_at_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    say("1,234 lines, of them 5 duplicates")
    assert capsys.readouterr().out == "1,234 lines, of them\n  5 duplicates\n"
