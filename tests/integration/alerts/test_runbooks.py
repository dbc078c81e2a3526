"""What runbooks tell people to type is there."""

import re
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner

from marquee.cli import cli

PAGES = sorted((Path(__file__).resolve().parents[3] / "docs/runbooks").glob("*.md"))


def quoted(page: Path, begin: str) -> list[str]:
    """What stands in backticks and begins so, on one line each."""
    found = re.findall(rf"`({begin}\b[^`]+)`", page.read_text())
    return [" ".join(one.split()) for one in found]


def test_their_queries_run_and_their_views_exist(migrated: str) -> None:
    with closing(psycopg2.connect(migrated)) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE marquee_writer")
        for query in (query for page in PAGES for query in quoted(page, "SELECT")):
            if "timescaledb_information" not in query:
                cursor.execute(query)
        for view in (view for page in PAGES for view in quoted(page, r"report\.")):
            cursor.execute("SELECT to_regclass(%s)", (view,))
            assert cursor.fetchone() != (None,), view


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_exist(page: Path) -> None:
    for command in quoted(page, "marquee"):
        verbs = re.findall(r"(?<= )[a-z]+\b", re.split(r" -|[A-Z]", command)[0])[:2]
        asked = CliRunner().invoke(cli, [*verbs, "--help"])
        assert asked.exit_code == 0, command
        options = re.findall(r"--[a-z-]+", command)
        assert [option for option in options if option not in asked.output] == []
