"""Measure the import time of installed packages, separately from the program."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def remaining(whole: float, *parts: float) -> float:
    """Return the seconds that are not of a part: none if parts overlap, and together are longer than the whole."""
    return max(0.0, whole - sum(parts))


class ImportClock:
    """A finder that times the outermost imports from `site-packages`; `seconds` is their sum."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0

    def install(self) -> None:
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        loader: Any = spec.loader if spec else None
        if spec is not None and "site-packages" in (spec.origin or "") and hasattr(loader, "exec_module"):
            loader.exec_module = self._timed(loader.exec_module)
        return spec

    def _timed(self, load: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
        def timed(module: ModuleType) -> None:
            started = time.perf_counter()
            self._depth += 1
            try:
                load(module)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.seconds += time.perf_counter() - started

        return timed
