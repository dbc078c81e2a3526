"""Every verb of the command reads well, starts at once, and stands in the README."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from click import Option
from click.testing import CliRunner

from marquee.cli import VERBS, cli

from ..shell import run

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
