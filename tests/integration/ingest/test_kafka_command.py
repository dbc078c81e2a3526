import pytest
from click.testing import CliRunner

from marquee.cli import cli
from marquee.errors import MarqueeError

from .broker import rating, send


@pytest.fixture
def marquee(kafka, monkeypatch):
    monkeypatch.setenv("MARQUEE_KAFKA", kafka)
    return lambda *words: CliRunner().invoke(cli, ["ingest", "kafka", *map(str, words)])


def test_the_offsets_that_it_prints_give_the_same_bytes(kafka, topic, tmp_path, marquee):
    name = topic(partitions=2)
    send(kafka, name, {0: [rating(1)], 1: [rating(2), rating(3)]})
    said = marquee(tmp_path / "one", "--topic", name).stdout
    assert said == "3 lines: --since 0,0 --until 1,2\n"
    send(kafka, name, {0: [rating(4)]})
    again = said.split(": ")[1].split()
    assert marquee(tmp_path / "two", "--topic", name, *again).exit_code == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_the_manifest_has_the_scale_of_the_settings(kafka, topic, tmp_path, marquee, monkeypatch):
    monkeypatch.setenv("MARQUEE_TOPIC", name := topic())
    monkeypatch.setenv("MARQUEE_RATING_MAX", "10")
    send(kafka, name, {0: [rating(1)]})
    assert marquee(tmp_path / "raw").exit_code == 0
    assert '"max": 10' in (tmp_path / "raw/manifest.json").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "yesterday"], "since = 'yesterday': expected beginning, a quoted time"),
        (["--until", "3,-1"], "until = '3,-1': expected now, a quoted time"),
        (["--topic", "a b"], "topic = 'a b'"),
    ],
)
def test_what_has_no_meaning_is_said_before_anything_is_asked(tmp_path, marquee, words, said):
    error = marquee(tmp_path / "raw", *words).exception
    assert isinstance(error, MarqueeError)
    assert said in str(error)


def test_following_has_no_end(tmp_path, marquee):
    result = marquee(tmp_path / "raw", "--follow", "--until", "now")
    assert result.exit_code == 2
    assert "--until has no meaning with --follow" in result.stderr


def test_a_folder_that_is_in_use_is_left_alone(tmp_path, marquee):
    (tmp_path / "mine.txt").write_text("mine")
    assert "expected a new or an empty folder" in str(marquee(tmp_path).exception)
