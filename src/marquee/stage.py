"""Run one pipeline stage: its parameters in, its outputs whole or untouched."""

import argparse
import inspect
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from marquee.artifacts import all_whole, whole, write_json
from marquee.errors import MarqueeError
from marquee.params import load_params

In = Annotated[Path, "in"]
Out = Annotated[Path, "out"]
Costs = Mapping[str, float]


def run_stage(stage: Callable[..., Costs | None]) -> None:
    """Run ``stage(params, *, name: In, other: Out)`` as a command and exit.

    Each keyword is an option (``--name PATH``). An ``Out`` path is a temporary sibling while the
    stage runs; all outputs take their place together when it succeeds, and none when it fails.
    What the stage returns, with its seconds and peak memory, goes to ``data/costs/`` (or
    ``$MARQUEE_COSTS``): those figures differ from run to run, so they are no output.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        _run(stage, _arguments(stage))
    except MarqueeError as error:
        _fail(stage, str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(stage, "interrupted; no output is half-written", 130)
    except OSError as error:  # numpy's own, on a full disk, has neither name nor number
        _fail(stage, f"{error.filename or 'output'}: {error.strerror or error}", 1)
    except MemoryError:
        _fail(stage, "out of memory; fewer rows or a smaller model would fit", 1)


def _run(stage: Callable[..., Costs | None], paths: Mapping[str, Path]) -> None:
    hints = get_type_hints(stage, include_extras=True)
    outs = {name: path for name, path in paths.items() if hints[name] == Out}
    ins = {name: path for name, path in paths.items() if name not in outs}
    params = load_params(Path("params.yaml"))
    begin = time.perf_counter()
    with all_whole(outs) as temporary:
        costs = dict(stage(params, **ins, **temporary) or {})
        costs["seconds"] = time.perf_counter() - begin
        costs["peak_memory_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        folder = Path(os.environ.get("MARQUEE_COSTS", "data/costs"))
        with whole(folder / f"{stage.__name__}.json") as file:
            write_json(file, costs)


def _arguments(stage: Callable[..., Any]) -> dict[str, Path]:
    parser = argparse.ArgumentParser(description=stage.__doc__)
    for name in list(inspect.signature(stage).parameters)[1:]:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    return vars(parser.parse_args())


def _fail(stage: Callable[..., Any], message: str, exit_code: int) -> None:
    sys.stderr.write(f"{stage.__name__}: {message}\n")
    sys.exit(exit_code)
