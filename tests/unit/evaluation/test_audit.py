import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from marquee.artifacts import canonical_json
from marquee.errors import DataError, ParameterError
from marquee.evaluation.audience import Audience, open_audience
from marquee.evaluation.audit import Audit, audit
from marquee.evaluation.audit_plots import write_audit_plots
from marquee.evaluation.audit_report import report_audit
from marquee.evaluation.example_lists import ExampleList, choose_lists
from marquee.evaluation.model_card import write_card
from marquee.evaluation.offline import evaluate_offline
from marquee.evaluation.outputs import write_per_user
from marquee.evaluation.report import report_evaluation
from marquee.models.catalogue import Catalogue, Movie
from marquee.params import FairnessParams, Params
from marquee.tables.metadata import MOVIES

from .conftest import write_metadata

Report = dict[str, Any]


@pytest.fixture(scope="session")
def fairness(params: Params) -> FairnessParams:
    requirements = [
        each.model_copy(update={"metric": "ndcg_at_2"}) for each in params.fairness.requirements
    ]
    return params.fairness.model_copy(
        update={"min_group": 12, "suppress_below": 10, "requirements": tuple(requirements)}
    )


@pytest.fixture
def evaluated(trial, evaluate_params, tmp_path: Path) -> Report:
    evaluation = evaluate_offline(trial, evaluate_params)
    write_per_user(evaluation, evaluate_params, tmp_path / "evaluation")
    return json.loads(canonical_json(report_evaluation(evaluation, evaluate_params)))


@pytest.fixture
def audience(tables: Path, evaluated: Report, tmp_path: Path) -> Audience:
    return open_audience(tables, tmp_path / "evaluation", evaluated["protocol"])


@pytest.fixture
def found(tables: Path, audience: Audience, fairness: FairnessParams) -> Audit:
    return audit(tables, audience, fairness)


def test_the_audience_are_the_warm_users_with_their_lists(audience: Audience) -> None:
    assert audience.user_ids.tolist() == list(range(60))
    assert audience.cutoff == 2
    assert audience.fitted.movie_ids[audience.ranked[1]].tolist() == ["d", "f"]
    assert not any(name.startswith("popularity_") for name in audience.columns)


def test_missing_per_user_metrics_are_named(tables, evaluated, tmp_path: Path) -> None:
    (tmp_path / "evaluation" / "per_user.parquet").unlink()
    with pytest.raises(DataError, match=r"per_user.parquet: no such file"):
        open_audience(tables, tmp_path / "evaluation", evaluated["protocol"])


def test_an_evaluation_of_other_tables_is_named(tables, evaluated, tmp_path: Path) -> None:
    path = tmp_path / "evaluation" / "recommendations.parquet"
    table = pq.read_table(path).to_pylist()
    other = [{**row, "movie_id": "elsewhere"} for row in table]
    pq.write_table(type(pq.read_table(path)).from_pylist(other), path)
    with pytest.raises(DataError, match="movies that are not in the tables"):
        open_audience(tables, tmp_path / "evaluation", evaluated["protocol"])


def test_an_evaluation_without_warm_users_is_named(tables, evaluated, tmp_path: Path) -> None:
    path = tmp_path / "evaluation" / "per_user.parquet"
    pq.write_table(pq.read_table(path).filter(~pq.read_table(path)["warm"].to_numpy()), path)
    with pytest.raises(DataError, match="no user with a history"):
        open_audience(tables, tmp_path / "evaluation", evaluated["protocol"])


def test_every_attribute_and_intersection_is_measured(found: Audit) -> None:
    assert [attribute.name for attribute in found.attributes] == [
        "gender",
        "age_band",
        "occupation",
        "activity",
        "mainstreaminess",
        "gender × age_band",
    ]


def test_all_served_alike_have_no_gap_and_pass(found: Audit) -> None:
    gender = found.requirements[0]
    assert gender.gap.value == gender.gap.interval.high == 0
    assert gender.verdict == "pass"


def test_the_report_says_verdicts_groups_and_exposure(found: Audit, fairness) -> None:
    report = report_audit(found, fairness)
    assert report["requirements"]["gender_ndcg_at_2"]["verdict"] == "pass"
    groups = report["attributes"][0]["groups"]
    assert [(group["group"], group["status"]) for group in groups] == [
        ("F", "judged"),
        ("M", "judged"),
    ]
    assert groups[0]["ndcg_at_2_low"] == 1
    assert report["exposure"]["coverage"] == 0.5
    assert report["histories"]["gini"] > 0


def test_users_without_demographics_are_counted(found: Audit, fairness) -> None:
    report = report_audit(found, fairness)
    assert {each["attribute"]: each["unknown"] for each in report["attributes"]} == {
        "gender": 10,
        "age_band": 10,
        "occupation": 10,
        "activity": 0,
        "mainstreaminess": 0,
        "gender × age_band": 10,
    }


def test_without_demographics_the_verdict_rests_on_behaviour(
    tables, audience: Audience, fairness: FairnessParams
) -> None:
    write_metadata(tables, {}, {})
    report = report_audit(audit(tables, audience, fairness), fairness)
    found = report["requirements"]
    for unknown in (found["gender_ndcg_at_2"], found["age_band_ndcg_at_2"]):
        assert unknown["verdict"] == "inconclusive"
        assert unknown["reason"] == "fewer than two groups have enough data"
    assert found["activity_ndcg_at_2"]["verdict"] == "pass"
    assert "reason" not in found["activity_ndcg_at_2"]
    assert report["verdict"] == "inconclusive"
    assert report["calibration"]["genre_divergence"] is None or np.isnan(
        report["calibration"]["genre_divergence"]
    )


def test_one_requirement_that_fails_makes_the_verdict_fail(tables, audience, fairness) -> None:
    unfair = np.where(np.arange(60) % 3 == 0, 0.0, 1.0)
    audience.columns["ndcg_at_2"] = unfair
    report = report_audit(audit(tables, audience, fairness), fairness)
    assert report["requirements"]["gender_ndcg_at_2"]["verdict"] == "fail"
    assert report["requirements"]["gender_ndcg_at_2"]["worst"] == "M"
    assert report["verdict"] == "fail"


def test_a_requirement_on_a_metric_that_was_not_evaluated_is_refused(
    tables, audience, params: Params
) -> None:
    with pytest.raises(ParameterError, match="'ndcg_at_10'"):
        audit(tables, audience, params.fairness)


def test_every_picture_has_points(found: Audit, fairness, tmp_path: Path) -> None:
    write_audit_plots(found, fairness, tmp_path)
    for path in tmp_path.glob("*.json"):
        assert json.loads(path.read_bytes()), path.name


def test_pictures_show_no_group_that_is_not_judged(tables, audience, fairness, tmp_path) -> None:
    strict = fairness.model_copy(update={"min_group": 20})
    found = audit(tables, audience, strict)
    write_audit_plots(found, strict, tmp_path)
    drawn = {point["group"] for point in json.loads((tmp_path / "ranking.json").read_bytes())}
    hidden = {
        group.name
        for attribute in found.attributes
        for group in attribute.groups
        if group.status != "judged"
    }
    assert hidden
    assert not drawn & hidden


@pytest.fixture
def reports(evaluated: Report, found: Audit, fairness: FairnessParams) -> dict[str, Report]:
    split = {"rows": 98, "users": 61, "movies": 6, "ratings": 98}
    return {
        "ingest": {"source": "files", "lines": 12345, "time_span": None},
        "clean": {
            "ledger": {"duplicates": 3, "quarantined": 4},
            "filter": {
                "pairs": {"before": 100, "dropped": 2, "share": 0.02},
                "users": {"before": 62, "dropped": 1, "share": 0.016129},
                "movies": {"before": 6, "dropped": 0, "share": 0.0},
            },
            "split": {"train": split, "validation": split, "test": split},
        },
        "evaluate": evaluated,
        "fairness": json.loads(canonical_json(report_audit(found, fairness))),
    }


CONFIG = {"name": "scripted", "fit_on": "train", "seed": 1, "params": {"damping": 5.0}}
ALIEN = Movie("alien+1979", "Alien", 1979, ())
ODD = Movie("a_c", "*Bold* <b>\n_", None, ())
EXAMPLES = [
    ExampleList(7, 1234, [ALIEN, Movie("elf+2003", "elf+2003", None, ())]),
    ExampleList("u`8", 3, [ODD]),
]


def test_every_number_of_the_card_is_in_the_reports(reports: dict[str, Report]) -> None:
    card = write_card(reports, CONFIG, EXAMPLES)
    known = canonical_json([reports, CONFIG]).decode()
    numbers = {float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", known)}
    rounded = {f"{number:.4f}" for number in numbers}
    stated = {each.replace(",", "") for each in re.findall(r"(?<![\w@.])-?\d[\d,]*\.\d{4}", card)}
    assert len(stated) > 50
    assert stated <= rounded


def test_the_card_says_what_is_judged_how_and_with_which_verdicts(reports) -> None:
    card = write_card(reports, CONFIG, EXAMPLES)
    assert "- a made-up split" in card
    assert "12,345 lines" in card
    assert "- relevant movies: rated 4 or above, 75 % of the scale 1 to 5; lists of 2 and" in card
    assert "Filters dropped 2 of 100 pairs (2.00%), 1 of 62 users (1.61%) and 0 of 6" in card
    assert "Against popularity: **better**" in card
    assert "| gender | ndcg_at_2 | 0.0000 [0.0000, 0.0000] | 0.05 |" in card


def test_the_card_names_no_time_where_the_data_have_none(reports) -> None:
    reports["ingest"]["timed"] = False
    assert "12,345 lines without times; 3 exact duplicates" in write_card(reports, CONFIG, ())


def test_the_card_bounds_a_count_that_is_not_shown(reports) -> None:
    gender = reports["fairness"]["attributes"][0]
    gender["groups"][0]["users"] = None
    card = write_card(reports, CONFIG, EXAMPLES)
    assert f"| F | {reports['fairness']['min_group']} or more |" in card
    assert f"| M | {gender['groups'][1]['users']} |" in card


def test_tables_of_the_card_have_as_many_cells_as_columns(reports) -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", write_card(reports, CONFIG, EXAMPLES), re.MULTILINE)
    assert len(blocks) > 8
    for block in blocks:
        assert len({row.count("|") for row in block.splitlines()}) == 1


def test_the_card_shows_lists_with_ids_as_given(reports) -> None:
    card = write_card(reports, CONFIG, EXAMPLES)

    shown = card.partition("## Examples\n")[2].partition("\n## ")[0].strip().splitlines()
    assert shown[2:] == [
        "### User `7`, movies met: 1,234",
        "",
        "1. Alien `alien+1979`",
        "2. `elf+2003`",
        "",
        "### User ``u`8``, movies met: 3",
        "",
        r"1. \*Bold\* \<b\> \_ `a_c`",
    ]


def test_the_lists_are_of_the_most_the_median_and_the_least_active(audience: Audience) -> None:
    catalogue = Catalogue.of(MOVIES.empty_table(), audience.fitted.movie_ids)

    found = choose_lists(audience, catalogue)

    assert [(example.user_id, example.met) for example in found] == [(0, 2), (1, 1), (59, 1)]
    assert [[movie.movie_id for movie in example.movies] for example in found] == [
        ["c", "f"],
        ["d", "f"],
        ["d", "f"],
    ]


def test_one_user_has_one_list(audience: Audience) -> None:
    alone = replace(audience, user_ids=audience.user_ids[:1], ranked=audience.ranked[:1])

    found = choose_lists(alone, Catalogue.of(MOVIES.empty_table(), audience.fitted.movie_ids))

    assert [example.user_id for example in found] == [0]


def test_a_model_that_predicts_nothing_has_a_card_with_dashes(
    trial, tables, evaluate_params, fairness, reports, tmp_path
) -> None:
    trial.systems["model"].stars = None
    evaluation = evaluate_offline(trial, evaluate_params)
    write_per_user(evaluation, evaluate_params, tmp_path / "silent")
    evaluated = json.loads(canonical_json(report_evaluation(evaluation, evaluate_params)))
    audience = open_audience(tables, tmp_path / "silent", evaluated["protocol"])
    report = report_audit(audit(tables, audience, fairness), fairness)
    card = write_card({**reports, "evaluate": evaluated, "fairness": report}, CONFIG, EXAMPLES)
    assert re.search(r"\| rmse \| – \| \d", card)
