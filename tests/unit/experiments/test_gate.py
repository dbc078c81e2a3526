import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from marquee.commands.gate import command
from marquee.errors import DataError, GateFailure, ParameterError
from marquee.experiments.gate import Judgement, judge_change
from marquee.metrics.ranking import ndcg
from marquee.params import BootstrapParams

BOOTSTRAP = BootstrapParams(resamples=1000, confidence=0.95, seed=1)
N_USERS, N_LIKED, N_MOVIES = 600, 4, 40


def run(folder: Path, *, skill: float, seed: int, users: range = range(N_USERS)) -> Path:
    """Rank by true liking, blurred: the less skill, the worse the lists."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(len(users), N_MOVIES))
    scores[:, :N_LIKED] += skill
    hits = np.argsort(-scores, axis=1)[:, :10] < N_LIKED
    values = ndcg(hits, np.full(len(users), N_LIKED), 10)
    folder.mkdir()
    table = {
        "user_id": np.array(users),
        "warm": np.ones(len(users), bool),
        "relevant": np.full(len(users), N_LIKED),
        "ndcg_at_10": values,
    }
    pq.write_table(pa.table(table), folder / "per_user.parquet")
    return folder


def judge(base: Path, change: Path, margin: float = 0.05) -> Judgement:
    return judge_change(
        base, change, metric="ndcg_at_10", margin=margin, min_users=100, bootstrap=BOOTSTRAP
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return run(tmp_path / "base", skill=1.5, seed=1)


def test_a_model_made_worse_on_purpose_fails(base: Path, tmp_path: Path) -> None:
    judgement = judge(base, run(tmp_path / "change", skill=0.5, seed=2))
    assert judgement.verdict == "fail"
    assert judgement.interval.high < -0.05


def test_a_mere_change_of_seed_does_not_fail(base: Path, tmp_path: Path) -> None:
    verdicts = [
        judge(base, run(tmp_path / f"seed{seed}", skill=1.5, seed=seed)).verdict
        for seed in range(2, 12)
    ]
    assert not {"fail", "worse"} & {*verdicts}
    assert verdicts.count("pass") >= 8


def test_the_same_run_passes_with_no_difference(base: Path) -> None:
    judgement = judge(base, base, margin=0.0001)
    assert judgement.verdict == "pass"
    assert judgement.difference == judgement.interval.low == judgement.interval.high == 0


def test_a_loss_within_the_margin_passes(base: Path, tmp_path: Path) -> None:
    change = run(tmp_path / "change", skill=1.4, seed=2)
    assert judge(base, change, margin=0.2).verdict == "pass"


def test_a_loss_that_may_be_noise_is_inconclusive(base: Path, tmp_path: Path) -> None:
    change = run(tmp_path / "change", skill=1.4, seed=2)
    found = judge(base, change)
    assert judge(base, change, margin=-found.difference).verdict == "inconclusive"


def test_a_sure_loss_that_may_exceed_the_margin_is_worse(base: Path, tmp_path: Path) -> None:
    change = run(tmp_path / "change", skill=1.2, seed=2)
    found = judge(base, change)
    assert found.interval.high < 0
    judgement = judge(base, change, margin=-found.difference)
    assert judgement.verdict == "worse"
    margin = f"{-found.difference:g}"
    assert judgement.meaning == f"it fell, and a fall of more than {margin} is not excluded"


def test_a_sure_loss_within_the_margin_passes(base: Path, tmp_path: Path) -> None:
    judgement = judge(base, run(tmp_path / "change", skill=1.2, seed=2), margin=0.5)
    assert judgement.interval.high < 0
    assert judgement.verdict == "pass"


def test_too_few_users_are_inconclusive(tmp_path: Path) -> None:
    base = run(tmp_path / "base", skill=3, seed=1, users=range(60))
    change = run(tmp_path / "change", skill=0, seed=2, users=range(60))
    judgement = judge(base, change)
    assert judgement.verdict == "inconclusive"
    assert judgement.reason == judgement.meaning == "60 users, expected at least 100"


def test_users_of_one_run_alone_are_left_out_and_counted(base: Path, tmp_path: Path) -> None:
    change = run(tmp_path / "change", skill=1.5, seed=2, users=range(100, 650))
    judgement = judge(base, change)
    assert (judgement.users, judgement.only_base, judgement.only_change) == (500, 100, 50)


def test_cold_users_and_users_without_a_value_do_not_count(base: Path, tmp_path: Path) -> None:
    table = pq.read_table(base / "per_user.parquet")
    warm, values = np.arange(N_USERS) >= 10, table["ndcg_at_10"].to_numpy().copy()
    values[-5:] = np.nan
    columns = {"warm": warm, "ndcg_at_10": pa.array(values, from_pandas=True)}
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(column))
    (tmp_path / "change").mkdir()
    pq.write_table(table, tmp_path / "change" / "per_user.parquet")
    assert judge(base, tmp_path / "change").users == N_USERS - 15


def with_other_truth(base: Path, users: int, path: Path) -> Path:
    table = pq.read_table(base / "per_user.parquet")
    relevant = table["relevant"].to_numpy().copy()
    relevant[:users] += 1
    pq.write_table(table.set_column(2, "relevant", pa.array(relevant)), path)
    return path


def test_a_few_users_with_another_test_are_counted(base: Path, tmp_path: Path) -> None:
    judgement = judge(base, with_other_truth(base, 30, tmp_path / "change.parquet"))
    assert judgement.other_truth == 30
    assert judgement.verdict == "pass"
    assert judgement.reason is None


def test_many_users_with_another_test_are_inconclusive(base: Path, tmp_path: Path) -> None:
    judgement = judge(base, with_other_truth(base, 60, tmp_path / "change.parquet"))
    assert judgement.verdict == "inconclusive"
    assert judgement.reason is not None
    assert judgement.reason.startswith("10% of the users have another test")


def test_runs_with_few_users_in_common_cannot_be_compared(base: Path, tmp_path: Path) -> None:
    change = run(tmp_path / "change", skill=1.5, seed=2, users=range(400, 1000))
    with pytest.raises(DataError, match="200 are in both"):
        judge(base, change)


def test_a_missing_file_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere.*no such file"):
        judge(base, tmp_path / "nowhere")


def test_a_file_of_another_kind_is_named(base: Path, tmp_path: Path) -> None:
    (tmp_path / "per_user.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(DataError, match="expected per-user metrics as Parquet"):
        judge(base, tmp_path / "per_user.parquet")


def test_a_metric_that_a_run_lacks_is_named_with_those_it_has(base: Path) -> None:
    with pytest.raises(DataError, match="no column ndcg_at_50, expected one of: ndcg_at_10"):
        judge_change(base, base, metric="ndcg_at_50", margin=0.1, min_users=1, bootstrap=BOOTSTRAP)


def test_a_metric_of_which_more_is_not_better_is_refused(base: Path) -> None:
    with pytest.raises(ParameterError, match="rmse_per_user"):
        judge_change(
            base, base, metric="rmse_per_user", margin=0.1, min_users=1, bootstrap=BOOTSTRAP
        )


def ask(example: Path, *arguments: str | Path):
    defaults = ["--params", example / "params.yaml", "--margin", "0.05"]
    return CliRunner().invoke(command, [str(each) for each in [*arguments, *defaults]])


def test_the_command_raises_what_ends_in_the_gates_exit_code(example, base, tmp_path) -> None:
    result = ask(example, base, run(tmp_path / "change", skill=0, seed=2))
    assert isinstance(result.exception, GateFailure)
    assert (
        result.output.splitlines()[-1] == "verdict                 fail: it fell by more than 0.05"
    )


def test_the_command_prints_json(example: Path, base: Path) -> None:
    result = ask(example, base, base, "--json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert (found["verdict"], found["meaning"]) == ("pass", "a fall of more than 0.05 is excluded")


def test_the_command_prints_markdown_for_a_comment(example: Path, base: Path) -> None:
    result = ask(example, base, base, "--markdown")
    assert result.output.startswith("### Gate: pass\n\n| | |\n|---|---|\n| ndcg_at_10, base |")


def test_the_command_warns_when_it_picks_no_winner(example: Path, tmp_path: Path) -> None:
    few = run(tmp_path / "few", skill=1, seed=1, users=range(20))
    result = ask(example, few, few)
    assert result.exit_code == 0
    warning = "warning: the gate says inconclusive: ndcg_at_10: 20 users, expected at least 100"
    assert warning in result.stderr
    assert "verdict                 inconclusive: 20 users" in result.stdout


def judged_worse(root: Path, base: Path, folder: Path, *, fails: bool, form: tuple[str, ...] = ()):
    text = (root / "params.yaml").read_text()
    assert "fail_on_worse: true" in text
    params = folder / "params.yaml"
    params.write_text(text.replace("fail_on_worse: true", f"fail_on_worse: {fails}".lower()))
    change = folder / "worse"
    if not change.exists():
        run(change, skill=1.2, seed=2)
    margin = str(-judge(base, change).difference)
    arguments = [base, change, "--params", params, "--margin", margin, *form]
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.mark.parametrize("form", [(), ("--markdown",), ("--json",)])
def test_a_worse_change_says_so_in_every_form_and_fails(root, base, tmp_path, form) -> None:
    result = judged_worse(root, base, tmp_path, fails=True, form=form)
    assert isinstance(result.exception, GateFailure)
    assert "ndcg_at_10: it fell, and a fall of more than" in str(result.exception)
    assert "worse" in result.output
    assert "is not excluded" in " ".join(result.output.split())


def test_a_worse_change_only_warns_where_the_parameter_says_so(root, base, tmp_path) -> None:
    result = judged_worse(root, base, tmp_path, fails=False)
    assert result.exit_code == 0
    assert "marquee: warning: the gate says worse: ndcg_at_10: it fell" in result.stderr


def test_a_base_from_before_the_parameter_fails_a_worse_change(root, base, tmp_path) -> None:
    text = (root / "params.yaml").read_text()
    (tmp_path / "old.yaml").write_text(text.replace(", fail_on_worse: true", ""))
    change = run(tmp_path / "change", skill=1.2, seed=2)
    margin = str(-judge(base, change).difference)
    arguments = [base, change, "--params", tmp_path / "old.yaml", "--margin", margin]
    result = CliRunner().invoke(command, [str(each) for each in arguments])
    assert isinstance(result.exception, GateFailure)


def test_the_verdict_fits_80_columns_and_comes_last(root, base, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    gap = {"max_gap": 0.05, "gap_low": 0.0123, "gap_high": 0.0456}
    name = "mainstreaminess_hit_rate_at_10"
    (tmp_path / "fairness.json").write_text(json.dumps({"requirements": {name: gap}}))
    reports = [tmp_path / "fairness.json"] * 2
    lines = ask(root, base, base, "--fairness", *reports).output.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert f"{name}  [0.0123, 0.0456]     0.05  pass" in lines
    assert lines[-1] == "verdict                 pass: a fall of more than 0.05 is excluded"


def test_the_command_needs_no_parameters_but_the_protocol(
    example: Path, base: Path, tmp_path: Path
) -> None:
    protocol = (example / "params.yaml").read_text().partition("\nevaluate:")[2]
    (tmp_path / "params.yaml").write_text("train: {model: other}\nevaluate:" + protocol)
    result = CliRunner().invoke(
        command, [str(base), str(base), "--params", str(tmp_path / "params.yaml")]
    )
    assert result.exit_code == 0, result.output


def test_a_base_whose_protocol_has_other_keys_can_be_judged(
    root: Path, base: Path, tmp_path: Path
) -> None:
    protocol = (root / "params.yaml").read_text().partition("\nevaluate:")[2]
    assert "\n  split: test" in protocol
    older = protocol.replace("\n  split: test", "\n  on: test")
    (tmp_path / "params.yaml").write_text("evaluate:" + older)
    result = CliRunner().invoke(
        command, [str(base), str(base), "--params", str(tmp_path / "params.yaml")]
    )
    assert result.exit_code == 0, result.output


def test_the_command_names_the_protocol_where_there_is_none(base: Path, tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("[]")
    arguments = [str(base), str(base), "--params", str(tmp_path / "params.yaml")]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, ParameterError)
    assert "params.yaml: evaluate" in str(result.exception)


def test_the_command_fails_on_a_promise_that_the_change_breaks(example, base, tmp_path) -> None:
    for name, low, high in (("before", 0.0, 0.04), ("after", 0.06, 0.1)):
        found = {"max_gap": 0.05, "gap_low": low, "gap_high": high}
        (tmp_path / f"{name}.json").write_text(json.dumps({"requirements": {"gender": found}}))
    reports = [tmp_path / "before.json", tmp_path / "after.json"]
    result = ask(example, base, base, "--markdown", "--fairness", *reports)
    assert isinstance(result.exception, GateFailure)
    assert "gender is above 0.05" in str(result.exception)
    assert result.output.startswith("### Gate: fail")
    assert "| gap gender | fail: base [0.0000, 0.0400], change [0.0600, 0.1000]" in result.output
    assert ask(example, base, base, "--fairness", *reports[:1] * 2).exit_code == 0
