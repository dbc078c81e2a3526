"""``dvc repro`` when there is nothing to do."""

import subprocess
from pathlib import Path
from typing import Any

from benchmarks.measurement import median_s

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 2.5


def measure() -> list[dict[str, Any]]:
    """Time it in this checkout, which must be up to date."""

    def repro() -> None:
        done = subprocess.run(
            ["dvc", "repro"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
        if "up to date" not in done.stdout:
            raise RuntimeError("the pipeline was not up to date: run dvc repro first")

    seconds = median_s(repro, runs=5)
    return [
        {
            "what": "`dvc repro` with nothing to do",
            "against": "–",
            "measured": f"{seconds:.2f} s",
            "asked": f"≤ {LIMIT_S} s",
            "met": seconds <= LIMIT_S,
            "ours_s": round(seconds, 3),
        }
    ]


if __name__ == "__main__":
    print(measure())
