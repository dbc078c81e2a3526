"""Every verb of the command reads well, starts at once, and stands in the README.

Of the README's commands all are held to be understood, and run are those that take seconds: with
what is committed ``marquee metrics``, ``compare`` and ``simulate``, ``dvc metrics`` and ``plots``;
on a small platform ``dvc repro``, ``marquee provenance``, ``gate`` and ``recommend``. Only parsed
are ``dvc exp run`` (tests/integration/test_sweeps.py runs experiments) and, by ``make --dry-run``,
the make targets, which install packages or take minutes, and what talks to a broker or a database
(tests/integration runs those commands on real ones).
"""

import re
import shlex
import shutil
from importlib import import_module
from pathlib import Path

import pytest
from click import Option
from click.testing import CliRunner

from marquee.cli import VERBS, cli

from ..shell import commit, run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
CHEAP_IMPORTS = {"_distutils_hack", "click", "marquee"}


COMMANDS = ROOT / "src/marquee/commands"


def verbs_of(group: str) -> list[str]:
    """The verbs of a group, each after the group's name."""
    return [f"{group} {verb}" for verb in import_module(f"marquee.commands.{group}").VERBS]


GROUPS = [path.parent.name for path in COMMANDS.glob("*/__init__.py")]
ALL_VERBS = [*VERBS, *(verb for group in GROUPS for verb in verbs_of(group))]


def test_every_command_file_is_a_verb() -> None:
    names = {
        " ".join(path.relative_to(COMMANDS).with_suffix("").parts).removesuffix(" __init__")
        for path in COMMANDS.rglob("*.py")
        if re.search(r"^def command\(", path.read_text(), re.MULTILINE)
    }
    assert names == set(ALL_VERBS)


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_a_verb_explains_itself_and_its_options(verb: str) -> None:
    command = import_module(f"marquee.commands.{verb.replace(' ', '.')}").command
    assert command.help
    options = [option for option in command.params if isinstance(option, Option)]
    assert [option.name for option in options if not option.help] == []
    assert CliRunner().invoke(cli, [*verb.split(), "--help"]).exit_code == 0


def third_party(*arguments: str) -> set[str]:
    """The installed packages that a run of the command has imported."""
    code = (
        "import sys; from marquee.cli import cli\n"
        f"cli({arguments!r}, standalone_mode=False)\n"
        "from importlib.metadata import packages_distributions\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print('IMPORTED', *sorted(names & packages_distributions().keys()))"
    )
    return set(run("python", "-c", code).rpartition("IMPORTED")[2].split())


@pytest.mark.parametrize("verb", ["", *ALL_VERBS])
def test_help_imports_nothing_heavy(verb: str) -> None:
    assert third_party(*verb.split(), "--help") <= CHEAP_IMPORTS


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_a_verb_stands_in_the_readme(verb: str) -> None:
    assert re.search(rf"(marquee|make) {verb}\b", README)


def test_the_readme_shows_the_committed_metrics() -> None:
    table = run("marquee", "metrics", "--markdown", folder=ROOT)
    assert table in README, "put the output of `marquee metrics --markdown` into the README"


def readme_commands() -> list[list[str]]:
    """Each command of the README's consoles, as words."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [
        shlex.split(command, comments=True)
        for line in lines
        for command in line.partition("  #")[0].split("&&")
    ]


def commands_of(program: str) -> list[list[str]]:
    return [words[1:] for words in readme_commands() if words[0] == program]


def test_the_readme_uses_no_other_program() -> None:
    assert {words[0] for words in readme_commands()} == {"make", "marquee", "dvc", "."}


@pytest.mark.parametrize("words", commands_of("make"), ids=" ".join)
def test_a_make_command_of_the_readme_exists(words: list[str]) -> None:
    run("make", "--dry-run", *words, folder=ROOT)


@pytest.mark.parametrize("words", commands_of("marquee"), ids=" ".join)
def test_a_marquee_command_of_the_readme_is_understood(words: list[str]) -> None:
    verb, *arguments = words
    import_module(f"marquee.commands.{verb}").command.make_context(verb, arguments)


@pytest.mark.parametrize("words", commands_of("dvc"), ids=" ".join)
def test_a_dvc_command_of_the_readme_is_understood(words: list[str]) -> None:
    from dvc.cli import parse_args

    assert parse_args(words).func


COMMITTED = (
    ["marquee", "metrics"],
    ["marquee", "compare"],
    ["marquee", "simulate"],
    ["dvc", "metrics"],
    ["dvc", "plots"],
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clone") / "project"
    run("git", "clone", "--quiet", str(ROOT), str(folder))
    return folder


@pytest.mark.parametrize(
    "words",
    [words for words in readme_commands() if words[:2] in COMMITTED and "kafka" not in words],
    ids=" ".join,
)
def test_a_quick_command_of_the_readme_runs_in_a_fresh_clone(
    words: list[str], clone: Path, tmp_path: Path
) -> None:
    run(*(word.replace("/tmp", str(tmp_path)) for word in words), folder=clone)  # noqa: S108


SMALL = {"users": 200, "movies": 100, "lines": 30_000, "days": 20}
AFTER_A_RUN = (["marquee", "provenance"], ["marquee", "gate"], ["marquee", "recommend"])


@pytest.mark.slow
def test_the_commands_of_the_readme_that_need_a_run_work_after_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    run("git", "clone", "--quiet", str(ROOT), str(project))
    params = (project / "params.yaml").read_text()
    for name, value in SMALL.items():
        params = re.sub(rf"^(    {name}): .*", rf"\1: {value}", params, count=1, flags=re.MULTILINE)
    (project / "params.yaml").write_text(params)
    run("dvc", "repro", "--quiet", folder=project)
    commit("Run on a small platform", project)
    shutil.copytree(project / "data/evaluation", project / "base/data/evaluation")

    wanted = [words for words in readme_commands() if words[:2] in AFTER_A_RUN]
    said = {" ".join(words): run(*words, folder=project) for words in wanted}

    assert {tuple(words[:2]) for words in wanted} == {tuple(words) for words in AFTER_A_RUN}
    assert any(said[name].startswith("For user 42, by user_knn") for name in said)
    assert "data/model  md5" in said["marquee provenance"]
    assert "data/model  md5" in said["marquee provenance --verify"]
