"""What is left of a run's time for the program itself."""

from __future__ import annotations

from slipway.rehearsal.imports import remaining


def test_times_are_never_negative() -> None:
    """Imports and the evaluation of policies may overlap."""
    assert remaining(2.0, 0.5, 0.5) == 1.0
    assert remaining(1.0, 0.7, 0.4) == 0.0
