"""How the loops over roads are compiled.

Numba compiles each kernel once and keeps the machine code beside the source. It notices only changes of the file in
which a kernel stands, so kernels that call each other stand in one file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function with Numba: cached on disk, with exact arithmetic (never ``fastmath``: costs are infinite)."""
    return cast("Callable[P, R]", numba.njit(cache=True)(function))
