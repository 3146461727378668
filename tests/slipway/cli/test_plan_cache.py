"""Plans that are kept by their content."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway.cli import plan_cache

NAME = "a" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "slipway"


def test_what_is_kept_is_read_by_its_owner_only(cache: Path) -> None:
    """From a folder that is theirs too."""
    assert plan_cache.read(NAME) is None
    plan_cache.write(NAME, {"a": 1})
    assert plan_cache.read(NAME) == {"a": 1}
    (file,) = cache.iterdir()
    assert (cache.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "no archive": lambda _: b"{}",
    "cut off": lambda data: data[: len(data) // 2],
    "a bit": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "another's": lambda _: gzip.compress(json.dumps({"key": "b", "content": {"a": 2}}).encode()),
    "no mapping": lambda _: gzip.compress(b"[]"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_none(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    """And is replaced by the next one that is kept."""
    plan_cache.write(NAME, {"a": 1})
    (file,) = cache.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert plan_cache.read(NAME) is None
    plan_cache.write(NAME, {"a": 3})
    assert plan_cache.read(NAME) == {"a": 3}


def test_many_may_write_at_once(cache: Path) -> None:
    """Whoever reads has one of them whole, and no part is left."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: plan_cache.write(NAME, {"a": [number] * 1000}), range(40)))
    found = plan_cache.read(NAME)
    assert found is not None
    assert len(set(found["a"])) == 1
    assert len(list(cache.iterdir())) == 1


def test_old_ones_go(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay."""
    monkeypatch.setattr(plan_cache, "KEPT", 2)
    for number in range(4):
        plan_cache.write(str(number), {})
    assert len(list(cache.iterdir())) == 2


def test_a_folder_that_others_write_to_keeps_nothing(cache: Path) -> None:
    """What is read there could be anybody's."""
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    plan_cache.write(NAME, {"a": 1})
    assert (plan_cache.folder(), list(cache.iterdir())) == (None, [])


def test_another_content_is_another_key(tmp_path: Path) -> None:
    """Of the tree, the judge, and the names of files as well as what is in them."""
    for name, text in (("one/a", "x"), ("two/a", "y"), ("three/b", "x")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    digests = [plan_cache.digest([tmp_path / name]) for name in ("one", "two", "three", "none")]
    assert len({*digests, plan_cache.digest([])}) == 5
    assert (
        plan_cache.key(tree="a", evaluate="b")
        == plan_cache.key(evaluate="b", tree="a")
        != plan_cache.key(tree="a", evaluate="c")
    )
