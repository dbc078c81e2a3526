"""What the machine has: cores to share work out to, and memory to fit in. Results never tell."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from marquee.errors import ModelError
from marquee.tables.cores import count_cores


def threads() -> ThreadPoolExecutor:
    """Return a pool of a thread a core, for kernels that release the interpreter's lock.

    Instead of numba's ``prange``, whose layers abort when two threads of a server enter them, or
    after a fork.
    """
    return ThreadPoolExecutor(count_cores())


def in_chunks(task: Callable[[slice], object], rows: int, size: int) -> None:
    """Call ``task`` on slices of ``rows`` of at most ``size``, all cores at work.

    A single slice runs in the caller's thread.
    """
    slices = [slice(low, min(low + size, rows)) for low in range(0, rows, size)]
    if len(slices) == 1:
        task(slices[0])
        return
    with threads() as pool:
        done = pool.map(task, slices)
        for _ in tqdm(done, total=len(slices), disable=None, leave=False):
            pass


def expect_memory(needed: int, purpose: str) -> None:
    """Raise :class:`ModelError` for what Linux would answer by killing the process."""
    present = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > present:
        raise ModelError(
            f"{purpose}: needs {needed / 1e9:.1f} GB of memory, found {present / 1e9:.1f} GB"
        )
