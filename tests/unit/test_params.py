import json
import re

import pytest
from pydantic import ValidationError

from marquee.errors import ParameterError
from marquee.params import load_params, read_yaml

USERS = r"\busers: \d+"
FAULT_RATE = r"fault_rate: \S+"


@pytest.fixture
def edited(tmp_path, example):
    def edit(old, new):
        text = (example / "params.yaml").read_text()
        assert len(re.findall(old, text)) == 1, f"{old} must stand once in params.yaml"
        (tmp_path / "params.yaml").write_text(re.sub(old, new, text))
        return tmp_path / "params.yaml"

    return edit


def complaint(path):
    with pytest.raises(ParameterError) as caught:
        load_params(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_values_count_and_not_their_spelling(example, tmp_path):
    values = read_yaml(example / "params.yaml")
    (tmp_path / "params.yaml").write_text(json.dumps(values))
    assert load_params(tmp_path / "params.yaml") == load_params(example / "params.yaml")


@pytest.mark.parametrize("spelling", ["1e-05", "1e-5", "0.00001", "1.0e-05"])
def test_a_small_number_is_a_number_in_every_spelling(edited, spelling):
    params = load_params(edited(r"learning_rate: \S+", f"learning_rate: {spelling}"))
    assert params.train.svd.learning_rate == 0.00001


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("{min: 1, max: 5, step: 1.5}", "max 5 is no step of 1.5 above min 1"),
        ("{min: 5, max: 1, step: 1}", "min 5 is not below max 1"),
        ("{min: 0, max: 100, step: 1}", "expected less than 100"),
        ("{min: 0.5, max: 5, step: 0.001}", "expected at most two decimals"),
        ("{min: 1, max: 5, step: 0}", "expected greater than 0"),
    ],
)
def test_a_scale_that_a_log_cannot_spell_is_refused(edited, scale, expected):
    said = complaint(edited(r"rating_scale: \{.*\}", f"rating_scale: {scale}"))
    assert said.startswith("ingest.rating_scale")
    assert expected in said


def test_a_simulation_ends_on_the_calendar(edited):
    said = complaint(edited(r"start: \S+", 'start: "9999-12-20"'))
    assert "60 days from 9999-12-20 are not on the calendar" in said


def test_a_whole_number_may_stand_where_a_fraction_is_expected(edited):
    params = load_params(edited(r"learning_rate: \S+", "learning_rate: 1"))
    assert params.train.svd.learning_rate == 1.0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            USERS,
            "users: ten",
            "ingest.simulator.users = 'ten': expected a valid integer",
        ),
        (USERS, "users: 1.5", "ingest.simulator.users = 1.5: expected a valid integer"),
        (USERS, "users: true", "ingest.simulator.users = True: expected a valid integer"),
        (
            USERS,
            "users: 0",
            "ingest.simulator.users = 0: expected greater than or equal to 1",
        ),
        (USERS, "user: 1500", "ingest.simulator.user: unknown key"),
        (rf"    {USERS}\n", "", "ingest.simulator.users: missing"),
        (
            FAULT_RATE,
            "fault_rate: 1.1",
            "ingest.simulator.fault_rate = 1.1: expected less than or equal to 1",
        ),
        (
            FAULT_RATE,
            "fault_rate: .nan",
            "ingest.simulator.fault_rate = nan: expected a finite number",
        ),
        (
            r"source: \w+",
            "source: spark",
            "ingest.source = 'spark': "
            "expected 'simulator', 'files', 'kafka', 'movielens' or 'ratings'",
        ),
        (
            r"{min: \d+, max: \d+, step: \d+}",
            "{min: 5, max: 5, step: 1}",
            "min 5 is not below max 5",
        ),
        (r"test: \S+", "test: 0.95", "validation + test leave nothing to train on"),
        (r"fold: \d+", "fold: 5", "fold 5 does not exist, there are 5, from 0"),
    ],
)
def test_a_wrong_key_or_value_is_one_line_saying_where_what_and_expected(
    edited, old, new, expected
):
    assert expected in complaint(edited(old, new))


def test_an_unknown_key_explains_the_missing_one_and_so_comes_first(edited):
    assert complaint(edited(FAULT_RATE, "faultrate: 0.003")) == (
        "ingest.simulator.faultrate: unknown key"
    )


RELEVANT = r"min_relevant_rating: \S+"


@pytest.mark.parametrize(
    ("spelling", "value"),
    [("75%", "75%"), ("'75%'", "75%"), ("62.5%", "62.5%"), ("0%", "0%"), ("100%", "100%"),
     ("4", 4), ("3.5", 3.5), ("0", 0)],
)  # fmt: skip
def test_what_is_relevant_is_a_share_of_the_scale_or_a_rating(edited, spelling, value):
    params = load_params(edited(RELEVANT, f"min_relevant_rating: {spelling}"))
    assert params.evaluate.min_relevant_rating == value


@pytest.mark.parametrize("spelling", ["101%", "-5%", "75 %", "'4'", "high", "true", ".inf", "[4]"])
def test_what_is_neither_a_share_nor_a_rating_is_refused(edited, spelling):
    said = complaint(edited(RELEVANT, f"min_relevant_rating: {spelling}"))
    assert said.startswith("evaluate.min_relevant_rating = ")
    assert said.endswith("expected a rating, such as 4, or a share of the scale, such as '75%'")


def test_the_old_name_of_a_renamed_key_names_the_new_one(edited):
    assert complaint(edited(r"split: test", "on: test")) == (
        "evaluate: the key `on` is now called `split`"
    )


@pytest.mark.parametrize("content", ["ingest: [", "\x00", "a: 1\na: 2\n", "ingest: *nobody\n"])
def test_a_file_that_is_no_yaml_is_said_in_one_line(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    assert complaint(tmp_path / "params.yaml").startswith("not YAML: ")


@pytest.mark.parametrize("content", [b"\xff\xfe\xfa", b"\x80"])
def test_a_binary_file_is_no_parameter_file(tmp_path, content):
    (tmp_path / "params.yaml").write_bytes(content)
    assert complaint(tmp_path / "params.yaml").startswith("not YAML: ")


@pytest.mark.parametrize("content", ["", "just text", "[1, 2]", "ingest: 3"])
def test_yaml_of_another_shape_is_said_in_one_line(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    assert complaint(tmp_path / "params.yaml")


def test_a_missing_file_is_said_in_one_line(tmp_path):
    assert complaint(tmp_path / "params.yaml").startswith("no such file")


def test_parameters_cannot_be_changed(example):
    params = load_params(example / "params.yaml")
    with pytest.raises(ValidationError, match="frozen"):
        params.train.svd.factors = 3
    assert isinstance(params.evaluate.cutoffs, tuple)
