"""The bytes of a model and of its answers are the same wherever it is fitted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marquee.artifacts import files_below
from marquee.models import descent, machine
from marquee.models.registry import fit_model

from .examples import low_rank, make_params
from .fit_elsewhere import fit_all, save

ELSEWHERE = {
    "other hash seed, one core": (1, {"PYTHONHASHSEED": "77"}),
    "other CPU": (
        64,
        {
            "NUMBA_CPU_NAME": "generic",
            "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
        },
    ),
}


@pytest.mark.parametrize(("cores", "environment"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_another_machine_gives_the_same_bytes(
    cores: int, environment: dict[str, str], root: Path, tmp_path: Path
) -> None:
    data = low_rank()
    save(data, tmp_path / "data.npz")
    fit_all(data, tmp_path / "here")
    module = "tests.unit.models.fit_elsewhere"

    subprocess.run(
        [sys.executable, "-m", module, tmp_path / "data.npz", tmp_path / "there", str(cores)],
        cwd=root,
        env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        check=True,
    )

    for file in files_below(tmp_path / "here"):
        other = tmp_path / "there" / file.relative_to(tmp_path / "here")
        assert file.read_bytes() == other.read_bytes(), file.name


def test_blocks_side_by_side_give_the_same_bytes_as_one_after_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(descent, "_RATINGS_OF_ONE_BLOCK", 0)
    for threads in (1, 4):
        monkeypatch.setattr(machine, "count_cores", lambda threads=threads: threads)
        fit_model(low_rank(), make_params("svd")).save(tmp_path / str(threads))

    for file in files_below(tmp_path / "1"):
        assert file.read_bytes() == (tmp_path / "4" / file.name).read_bytes(), file.name
