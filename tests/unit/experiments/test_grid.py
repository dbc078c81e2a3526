from pathlib import Path
from typing import Any

import pytest

from marquee.errors import ParameterError
from marquee.experiments.grid import Cell, read_grid
from marquee.models.registry import MODELS
from marquee.params import read_yaml


@pytest.fixture
def cells_of(example: Path, tmp_path: Path) -> Any:
    def read(text: str) -> list[Cell]:
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return read_grid(path, example / "params.yaml")

    return read


def test_the_committed_grid_tunes_on_validation_with_several_seeds(committed: Path) -> None:
    cells = read_grid(committed / "sweep.yaml", committed / "params.yaml")

    assert {cell.params["train"]["model"] for cell in cells} == set(MODELS)
    assert {cell.params["evaluate"]["split"] for cell in cells} == {"validation"}
    assert {cell.params["train"]["fit_on"] for cell in cells} == {"train"}
    assert len({cell.params["train"]["seed"] for cell in cells}) >= 2


@pytest.mark.parametrize("model", MODELS)
def test_the_committed_grid_holds_what_is_in_use_of_each_model_with_several_seeds(
    committed: Path, model: str
) -> None:
    params = committed / "params.yaml"
    in_use = read_yaml(params)["train"]
    cells = [cell.params["train"] for cell in read_grid(committed / "sweep.yaml", params)]

    alike = [cell for cell in cells if cell["model"] == model and cell[model] == in_use[model]]
    assert in_use["seed"] in {cell["seed"] for cell in alike}
    assert len({cell["seed"] for cell in alike}) >= 2


def test_each_block_is_crossed_by_itself(cells_of: Any) -> None:
    cells = cells_of(
        """
        blocks:
          - {train.model: popularity}
          - {train.model: svd, train.svd.factors: [5, 10], train.svd.epochs: [1, 2, 3]}
        """
    )

    assert len(cells) == 1 + 2 * 3
    assert {(c.params["train"]["svd"]["factors"], c.params["train"]["svd"]["epochs"])
            for c in cells[1:]} == {(f, e) for f in (5, 10) for e in (1, 2, 3)}  # fmt: skip


def test_a_block_overrides_what_every_cell_has(cells_of: Any) -> None:
    cells = cells_of("{every_cell: {train.seed: [1, 2]}, blocks: [{train.seed: 7}]}")

    assert [cell.params["train"]["seed"] for cell in cells] == [7]


def test_a_cell_keeps_the_parameters_that_it_does_not_set(cells_of: Any) -> None:
    (cell,) = cells_of("blocks: [{train.model: als}]")

    assert cell.params["clean"]["split"]["method"] == "temporal"


def test_doubles_run_once(cells_of: Any) -> None:
    assert len(cells_of("blocks: [{train.seed: [1, 1]}, {train.seed: 1}]")) == 1


def test_the_name_depends_on_the_values_and_not_on_their_order(cells_of: Any) -> None:
    (one,) = cells_of("blocks: [{train.seed: 3, train.model: svd}]")
    (two,) = cells_of("blocks: [{train.model: svd, train.seed: 3}]")
    (other,) = cells_of("blocks: [{train.model: svd, train.seed: 4}]")

    assert one.name == two.name
    assert one.name != other.name
    assert one.name.startswith("svd-")


def test_settings_are_spelled_as_dvc_reads_them(cells_of: Any) -> None:
    (cell,) = cells_of(
        """
        blocks:
          - train.svd.learning_rate: 0.00001
            evaluate.cutoffs: [[5, 10]]
            ingest.files.users: null
            train.fit_on: train+validation
        """
    )

    assert cell.settings == [
        "train.svd.learning_rate=1e-05",
        "evaluate.cutoffs=[5,10]",
        "ingest.files.users=null",
        "train.fit_on='train+validation'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blocks: [{train.svd.factor: 5}]", "train.svd.factor: unknown key"),
        ("blocks: [{train.seed.x: 5}]", "train.seed.x: unknown key"),
        ("blocks: [{train.svd.factors: [5, 0]}]", "train.svd.factors = 0: expected greater than"),
        ("blocks: []", "blocks: List should have at least 1 item"),
        ("cells: []", "blocks: Field required"),
        ("[1, 2]", "the file: Input should be a valid dictionary"),
        ("{", "not YAML"),
    ],
)
def test_a_wrong_grid_is_refused_before_anything_runs(
    cells_of: Any, text: str, message: str
) -> None:
    with pytest.raises(ParameterError, match=r"sweep\.yaml") as error:
        cells_of(text)

    assert message in str(error.value)


def test_a_missing_grid_is_named(example: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"none\.yaml: no such file"):
        read_grid(tmp_path / "none.yaml", example / "params.yaml")
