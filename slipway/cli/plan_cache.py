"""A cache of the plans of base branches, keyed by the content that they depend on.

Only the owner can read a file. It holds no secret (plans have none) and is replaced atomically: a concurrent reader
gets the old file or the new one. A file that is unreadable or belongs to another user is ignored.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import sysconfig
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import slipway

FORMAT = 1
"""Increased when the format of cached plans changes."""
KEPT = 40
"""Number of plans that are kept, newest first. Chosen: each is a few hundred kilobytes."""
ENDING = ".plan.gz"
SKIPPED = ("__pycache__", ".pyc")


def folder() -> Path | None:
    """Return the cache folder: `$XDG_CACHE_HOME/slipway` or `~/.cache/slipway`; None if other users may write to it."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        place = (Path(given) if os.path.isabs(given) else Path.home() / ".cache") / "slipway"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.stat()
    except (OSError, RuntimeError):
        return None
    return place if found.st_uid == os.getuid() and not found.st_mode & 0o022 else None


def key(**parts: object) -> str:
    """Return the cache key of `parts`, this tool and the packages that the program uses."""
    packages = sorted(each.name for each in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    tool = digest([Path(slipway.__file__).parent / "rehearsal"])
    written = json.dumps([FORMAT, tool, sys.version, packages, parts], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()


def digest(places: Iterable[Path]) -> str:
    """Return the digest of the names and contents of files, and of all files in folders."""
    found = hashlib.sha256()
    for place in places:
        files = sorted(each for each in place.rglob("*") if each.is_file()) if place.is_dir() else [place]
        for file in files:
            name = str(file.relative_to(place)) if place.is_dir() else file.name
            if not any(part in name for part in SKIPPED):
                content = file.read_bytes() if file.is_file() else b""
                found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def read(name: str) -> Mapping[str, Any] | None:
    """Return the content cached under the key `name`."""
    place = folder()
    if place is None:
        return None
    try:
        document = json.loads(gzip.decompress((place / f"{name}{ENDING}").read_bytes()))
        return document["content"] if document["key"] == name else None
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
        return None


def write(name: str, content: Mapping[str, Any]) -> None:
    """Cache the content; on a full or read-only disk nothing is cached."""
    place = folder()
    if place is None:
        return
    data = gzip.compress(json.dumps({"key": name, "content": content}, separators=(",", ":")).encode(), 1, mtime=0)
    with suppress(OSError):
        descriptor, part = tempfile.mkstemp(dir=place)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(part, place / f"{name}{ENDING}")
        except OSError:
            os.unlink(part)
            raise
        for old in sorted(place.glob(f"*{ENDING}"), key=lambda each: -each.stat().st_mtime)[KEPT:]:
            old.unlink(missing_ok=True)
