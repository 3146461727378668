"""Where the command begins: Ctrl-C is one line from the start on, also while the command is still being imported."""

from __future__ import annotations

from slipway.cli import interrupts


def main() -> None:
    """Import and run the command."""
    interrupts.watch()
    try:
        from slipway.cli.main import main as run
    except BaseException:
        # A library may make something else of an interrupt that comes while it is imported.
        if interrupts.received():
            interrupts.leave()
        raise
    run()
