"""Identifies a program's own files, and formats positions in them as the engine does.

Engine: pkg/resource/deploy/source_eval.go (newSourcePositions).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).resolve().parent


def in_program(file_name: str, root: Path) -> bool:
    """Return whether a frame's file belongs to the program at `root`.

    Generated code does not, nor do this package and packages in a virtualenv below `root`.
    """
    if file_name.startswith("<"):
        return False
    path = Path(file_name).absolute()
    return path.is_relative_to(root) and "site-packages" not in path.parts and not path.is_relative_to(HERE)


def program_uri(file_name: str, root: Path) -> str:
    """Return the URI of a frame's file, or empty if it does not belong to the program at `root`."""
    return Path(file_name).absolute().as_uri() if in_program(file_name, root) else ""


def source_position(request: Any, root: Path) -> str:
    """Return the position in the program where a resource is created, as `project:///<path below the program>#<line>`,
    or empty."""
    if not request.HasField("sourcePosition"):
        return ""
    file = Path(unquote(urlsplit(request.sourcePosition.uri).path))
    if not file.is_relative_to(root):
        return ""
    return f"project:///{file.relative_to(root).as_posix()}#{request.sourcePosition.line}"
