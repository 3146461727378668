"""Hashes of assets and archives, as the engine computes them before a provider receives a resource.

The hash of an archive is that of its bytes if it is an archive file, otherwise that of a tar stream of its files sorted
by name. Content behind http(s) is never fetched: such an asset has no hash.

Engine: sdk/go/common/resource/asset/asset.go and archive/archive.go (EnsureHash), pkg/resource/plugin/rpc.go.
"""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7"
SIGNATURES = frozenset({ASSET_SIGNATURE, ARCHIVE_SIGNATURE})
TEXTS = frozenset({"hash", "text", "path", "uri"})
"""The properties of an asset that the engine leaves out when they are empty."""

TAR_SUFFIXES = (".tar", ".tgz", ".tar.gz")
ZIP_SUFFIXES = (".zip", ".jar")
BLOCK = tarfile.BLOCKSIZE

File = tuple[str, bytes]


class AssetError(Exception):
    """An asset that cannot be read; the message names it."""


class RemoteContent(Exception):
    """The hash depends on content that only a network has."""


def ensure_hash(fields: Any) -> bool:
    """Add `hash` to the protobuf fields of an asset or archive; return False if that requires a network."""
    try:
        is_archive = fields[SIGNATURE_KEY].string_value == ARCHIVE_SIGNATURE
        digest = _archive_hash(fields) if is_archive else hashlib.sha256(_content(fields)).hexdigest()
    except RemoteContent:
        return False
    except OSError as error:
        raise AssetError(f"{error.filename}: {error.strerror}") from error
    fields["hash"].string_value = digest
    return True


def _content(fields: Any) -> bytes:
    if path := _text(fields, "path"):
        if os.path.isdir(path):
            raise AssetError(f"asset path {path!r} is a directory; use an archive, for example FileArchive({path!r})")
        return Path(path).read_bytes()
    if uri := _text(fields, "uri"):
        return _local(uri).read_bytes()
    return _text(fields, "text").encode()


def _archive_hash(fields: Any) -> str:
    source = _source_file(fields)
    if source and _is_archive_file(source):
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    digest = hashlib.sha256()
    seen: set[str] = set()
    for name, data in _files(fields):
        if name not in seen:
            seen.add(name)
            digest.update(_tar_header(name, len(data)) + data + bytes(-len(data) % BLOCK))
    digest.update(bytes(2 * BLOCK))
    return digest.hexdigest()


def _files(fields: Any) -> Iterator[File]:
    """Yield the files of an archive in the engine's order, with nested archives flattened."""
    if source := _source_file(fields):
        yield from _files_at(source)
        return
    members = fields["assets"].struct_value.fields
    for name in sorted(members):
        inner = members[name].struct_value.fields
        if inner[SIGNATURE_KEY].string_value == ARCHIVE_SIGNATURE:
            yield from ((posixpath.join(name, path), data) for path, data in _files(inner))
        else:
            yield name, _content(inner)


def _files_at(path: str) -> Iterator[File]:
    if path.endswith(TAR_SUFFIXES):
        with tarfile.open(path) as archive:
            members = [member for member in archive if member.isreg()]
            yield from ((posixpath.normpath(member.name), _extracted(archive, member)) for member in members)
    elif path.endswith(ZIP_SUFFIXES):
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            yield from ((posixpath.normpath(name), archive.read(name)) for name in names)
    elif os.path.isdir(path):
        yield from ((file.relative_to(path).as_posix(), file.read_bytes()) for file in _walk(Path(path)))
    else:
        raise AssetError(
            f"{path!r} is neither a directory nor an archive file ({', '.join(TAR_SUFFIXES + ZIP_SUFFIXES)})"
        )


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return (archive.extractfile(member) or io.BytesIO()).read()


def _walk(directory: Path) -> Iterator[Path]:
    for entry in sorted(directory.iterdir(), key=lambda path: os.fsencode(path.name)):
        if entry.name == ".pulumi":
            continue
        if not entry.is_dir():
            yield entry
        elif not entry.is_symlink():
            yield from _walk(entry)


def _tar_header(name: str, size: int) -> bytes:
    """Return the header that Go's archive/tar writes for a file of mode 0600; unlike Python's it sets the device
    numbers."""
    encoded = name.encode()
    if len(encoded) > tarfile.LENGTH_NAME or not name.isascii():
        raise RemoteContent(name)
    numbers = b"0000600\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"00000000000\0"
    before = encoded.ljust(100, b"\0") + numbers
    after = b"0".ljust(101, b"\0") + b"ustar\00000" + bytes(64) + b"0000000\0" * 2
    header = (before + b" " * 8 + after).ljust(BLOCK, b"\0")
    return header.replace(b" " * 8 + after, b"%06o\0 " % sum(header) + after, 1)


def _source_file(fields: Any) -> str:
    if path := _text(fields, "path"):
        return path
    uri = _text(fields, "uri")
    return str(_local(uri)) if uri else ""


def _local(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise RemoteContent(uri)
    return Path(parts.path)


def _is_archive_file(path: str) -> bool:
    return path.endswith(TAR_SUFFIXES + ZIP_SUFFIXES)


def _text(fields: Any, key: str) -> str:
    return fields[key].string_value if key in fields else ""
