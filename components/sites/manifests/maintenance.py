"""The maintenance page, which visitors see while a system is closed."""

from __future__ import annotations

import html
from pathlib import Path

from slipway.settings import text_files
from slipway.settings.pointers import Pointer
from slipway.settings.system import System

EXPECTED_END = "{{expected_end}}"
"""Placeholder in a system's own page for the expected end of the maintenance."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; padding: 0 1rem }}</style>
</head>
<body>
<h1>{title}</h1>
<p>{message}</p>
<p>{expected_end}</p>
</body>
</html>
"""
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MESSAGE = "We are working on it and will be back soon."


def page(system: System) -> str:
    """Returns the system's own page, or a plain one with its title and message. The page is read from the system's
    folder in the project."""
    declared = system.maintenance_page
    if declared.page is not None:
        folder = Path(Pointer.parse(system.source).file).parent
        return text_files.read(folder / declared.page).replace(EXPECTED_END, html.escape(_expected_end(system)))
    return _PAGE.format(
        title=html.escape(system.title),
        message=html.escape(declared.message or _MESSAGE),
        expected_end=html.escape(f"Expected completion: {_expected_end(system)}"),
    )


def _expected_end(system: System) -> str:
    duration = system.maintenance_page.duration or system.release.expected_duration
    return f"within {in_words(duration)}" if duration else "soon"


def in_words(duration: str) -> str:
    """Returns `4 hours` for `4h`."""
    number = duration.rstrip("msdh")
    unit = _UNITS[duration.removeprefix(number)]
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"
