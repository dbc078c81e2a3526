"""A newcomer pastes the README's blocks one after the other, and everything works.

Each block runs as it stands, in order, in a fresh clone whose platform and sweep are smaller, with
a broker and a database of its own. What cannot run here is in ``NOT_RUN``, each with its reason; it
must be understood, as must every command of the other pages.
"""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from marquee.cli import cli

from ..newcomer import Block, Terminal, blocks
from ..shell import ENVIRONMENT, commit, run

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

NOT_RUN = {
    r"marquee dashboards (push|annotate)": "asks a Grafana of the reader's own",
    r"marquee alerts (test|run)": "writes to a Slack of the reader's own",
    r"docker ": "needs Docker",
    r"git clone ": "needs the address that the reader has cloned from",
    r"make (check|test|setup)": "installs packages, or runs all tests, this one too",
    r"make gate": "installs packages for the checkout to compare with",
    r"ml-": "needs a download from GroupLens",
}
"""What a command begins with, or holds, and why it is not run."""

PRINTS = {
    r"make repro": r"ndcg_at_10",
    r"head ": r"(?m)^\d{4}-\d\d-\d\dT[\d:.]+,\d+,",
    r"dvc metrics diff": r"ndcg_at_10",
    r"dvc exp show": r"svd",
    r"dvc plots show": r"file://\S+index\.html",
    r"make sweep": r"2 cells, 0 of them done before(?s:.*)done",
    r"marquee compare": r"validation(?s:.*)user_knn",
    r"marquee provenance": r"data/model",
    r"marquee simulate --to kafka": r"\d{6} lines sent to movielog",
    r"marquee telemetry report": r"simulator-1\.marquee\.example",
    r"marquee ingest kafka": r"\d{6} lines: --since 0,0,0,0 --until \d",
}
"""What the text around a command says that comes of it."""

STATE = {
    r"git restore": ("git status --porcelain --untracked-files=no", r"\A\s*\Z"),
    r"marquee compare --plot front.svg": ("head -c 4 front.svg", r"<svg"),
    r"marquee dashboards preview": ("grep -c 'simulator-1' preview.html", r"\d"),
    r"marquee telemetry migrate": ("marquee telemetry report", r"no recommendations"),
}
"""A question after a command, and its answer."""

STAYS = {
    r"make demo": r"lines sent, each of them in the database once",
    r"marquee dev kafka": r"export MARQUEE_KAFKA=\S+",
    r"marquee dev db": r"export MARQUEE_DSN=\S+",
    r"marquee telemetry run": r"(waiting for|reading) topic=movielog",
}
"""What is seen of a command that stays in its terminal; of others, that they say something."""

PATIENCE_S = 600.0
SMALL = {"users": 200, "movies": 100, "lines": 30_000, "days": 20}
CELLS = [{"train.model": "popularity"}, {"train.model": "user_knn"}]


def found(known: dict[str, str] | dict[str, tuple[str, str]], command: str) -> list:
    return [value for begin, value in known.items() if re.search(begin, command)]


# What is understood


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_can_be_pasted(page: Path) -> None:
    for block in blocks(page):
        assert block.kind in ("sh", "sh terminal", "text", "yaml"), block
        if block.kind.startswith("sh"):
            assert not re.search(r"^\$ |…|<[A-Za-z]+>", block.text, re.MULTILINE), block
            assert " #" not in block.text, f"an interactive zsh knows no comments: {block}"


def commands_of(program: str) -> list[list[str]]:
    """The words behind the program in every command of the pages."""
    pasted = [
        command
        for page in PAGES
        for block in blocks(page)
        if block.kind.startswith("sh")
        for command in block.commands
    ]
    found = {tuple(words[1:]) for one in pasted for words in simple(one) if words[0] == program}
    return [list(words) for words in sorted(found)]


def simple(command: str) -> Iterator[list[str]]:
    """The words of each program that a command runs."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="&|;<>")
    lexer.whitespace_split = True
    for operator, words in groupby(lexer, key=lambda word: set(word) <= set("&|;<>")):
        if not operator:
            yield list(words)


@pytest.mark.parametrize("words", commands_of("make"), ids=" ".join)
def test_a_make_command_exists(words: list[str]) -> None:
    run("make", "--dry-run", *words, folder=ROOT)


@pytest.mark.parametrize("words", commands_of("marquee"), ids=" ".join)
def test_a_marquee_command_is_understood(words: list[str]) -> None:
    said = CliRunner().invoke(cli, [*words, "--help"])
    assert said.exit_code == 0, said.output


@pytest.mark.parametrize("words", commands_of("dvc"), ids=" ".join)
def test_a_dvc_command_is_understood(words: list[str]) -> None:
    from dvc.cli import parse_args

    assert parse_args(list(words)).func


def test_the_readme_shows_the_committed_metrics(committed: Path) -> None:
    table = run("marquee", "metrics", "--markdown", folder=committed)
    readme = (committed / "README.md").read_text()
    assert table in readme, "put the output of `marquee metrics --markdown` into the README"


# What is run


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project with a small platform, which ran it once and committed the result."""
    folder = tmp_path_factory.mktemp("clone") / "marquee"
    run("git", "clone", "--quiet", str(ROOT), str(folder))
    bring_what_is_not_committed(folder)
    make_small(folder)
    environment = {"PYTHONPATH": str(folder / "src")}
    for command in (["-m", "dvc", "repro", "--quiet"], ["-m", "marquee.experiments.page"]):
        subprocess.run(
            [sys.executable, *command], cwd=folder, env=ENVIRONMENT | environment, check=True
        )
    commit("Run on a small platform", folder)
    for name in ("raw", "tables", "model", "evaluation"):
        shutil.rmtree(folder / "data" / name)
    return folder


def bring_what_is_not_committed(folder: Path) -> None:
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", folder=ROOT).split("\0")
    for name in filter(None, listed):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / name)
        else:
            (folder / name).unlink(missing_ok=True)


def make_small(folder: Path) -> None:
    """Shrink the platform and the sweep, and stand in for what ``make setup`` installs."""
    yaml = YAML()
    params, sweep = (yaml.load(folder / name) for name in ("params.yaml", "sweep.yaml"))
    params["ingest"]["simulator"] |= SMALL
    sweep["every_cell"]["train.seed"] = 1
    sweep["blocks"] = CELLS
    yaml.dump(params, folder / "params.yaml")
    yaml.dump(sweep, folder / "sweep.yaml")
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f'export PATH="{Path(sys.executable).parent}:$PATH"\n')
    (folder / ".venv/.installed").touch()


class Newcomer:
    """Pastes blocks: most into the first terminal, each that stays into one of its own."""

    def __init__(self, clone: Path, logs: Path) -> None:
        self._clone, self._logs = clone, logs
        kept = {name: v for name, v in ENVIRONMENT.items() if not name.startswith("MARQUEE_")}
        own = {
            "PYTHONPATH": str(clone / "src"),
            "TMPDIR": str(logs),
            "MARQUEE_HEALTH_PORT": "0",
            "DEMO_SECONDS": "15",  # tests/integration/demo has one that Ctrl-C ends
            "PYTHONUNBUFFERED": "1",
        }
        self._environment = kept | own
        self.terminals: list[Terminal] = []
        self._first = self._open()
        self._said: str | None = None

    def paste(self, block: Block) -> None:
        """Run a block; compare what the one before it printed with a text."""
        if block.kind == "sh":
            self._said = "\n".join(self._run(command) for command in block.commands)
        elif block.kind == "sh terminal":
            self._said = None
            self._stay(block)
        elif block.kind == "text" and len(self.terminals) > 1 and self._said is None:
            self._expect(block, self.terminals.pop().interrupt(PATIENCE_S))
        elif block.kind == "text" and self._said is not None:
            self._expect(block, self._said)

    def _open(self) -> Terminal:
        log = self._logs / f"terminal-{len(list(self._logs.glob('*.log')))}.log"
        self.terminals.append(Terminal(self._clone, self._environment, log))
        return self.terminals[-1]

    def _run(self, command: str) -> str:
        if found(NOT_RUN, command):
            return ""
        began = time.monotonic()
        said = self._first.run(command, PATIENCE_S)
        print(f"{time.monotonic() - began:6.1f} s  {command}")  # noqa: T201
        for pattern in found(PRINTS, command):
            assert re.search(pattern, said), f"{command} did not print {pattern!r}:\n{said}"
        for question, answer in found(STATE, command):
            assert re.search(answer, self._first.run(question, PATIENCE_S)), question
        return said

    def _stay(self, block: Block) -> None:
        terminal = self._open()
        *before, last = block.commands
        for command in before:
            terminal.run(command, PATIENCE_S)
        terminal.paste(last)
        terminal.wait_for((found(STAYS, last) or [r"\S"])[0], PATIENCE_S)

    def _expect(self, block: Block, said: str) -> None:
        """Expect what stands before the colon or the gap of each line, whatever the numbers.

        An indented line goes on with the one before it.
        """
        for line in re.findall(r"(?m)^\S.*", block.text):
            label = re.split(r":|  +", line.strip())[0]
            pattern = re.sub(r"(\\?[-\d.,])*\d", r"[-\\d.,]*\\d", re.escape(label))
            assert re.search(pattern, said), f"{label!r} was not printed:\n{said}"


@contextmanager
def newcomer(clone: Path, logs: Path) -> Iterator[Newcomer]:
    one = Newcomer(clone, logs)
    try:
        yield one
        for terminal in reversed(one.terminals):
            assert "Traceback" not in terminal.interrupt(60)
    finally:
        for terminal in one.terminals:
            terminal.kill()


@pytest.mark.slow
def test_a_newcomer_pastes_the_readme_from_top_to_bottom(
    clone: Path, kafka: str, postgres: str, tmp_path: Path
) -> None:
    # The servers of the fixtures are not used: where none can be started, this is skipped.
    with newcomer(clone, tmp_path) as one:
        for block in blocks(README):
            one.paste(block)
