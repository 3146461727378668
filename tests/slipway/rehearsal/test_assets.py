"""Assets gain the hashes that the engine computes; the expected ones come from Go's archive/tar and sha256."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from pathlib import Path

import pytest
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import assets

TWO_FILES = "2c1b84ec6225d078efec71c3181d82ca40faf77ab27d8deccbd9512d7ef0992f"
"""Go's tar of a.txt with "hello" and dir/b.txt, empty."""

EMPTY = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The engine's constant for an archive without files."""


def asset(**content) -> dict:
    return {assets.SIGNATURE_KEY: assets.ASSET_SIGNATURE, **content}


def archive(**content) -> dict:
    return {assets.SIGNATURE_KEY: assets.ARCHIVE_SIGNATURE, **content}


def hash_of(content: dict) -> str | None:
    struct = Struct()
    struct.update(content)
    return struct.fields["hash"].string_value if assets.ensure_hash(struct.fields) else None


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "dir").mkdir(parents=True)
    (tmp_path / "tree" / "a.txt").write_text("hello")
    (tmp_path / "tree" / "dir" / "b.txt").touch()
    (tmp_path / "tree" / ".pulumi").mkdir()
    (tmp_path / "tree" / ".pulumi" / "skipped").touch()
    return tmp_path / "tree"


def test_an_assets_hash_is_that_of_its_content(tree: Path):
    path = str(tree / "a.txt")
    expected = sha256(b"hello")
    assert [hash_of(asset(text="hello")), hash_of(asset(path=path)), hash_of(asset(uri=f"file://{path}"))] == [
        expected
    ] * 3


def test_an_archives_hash_is_that_of_a_tar_of_its_files(tree: Path):
    members = {"dir/b.txt": asset(text=""), "a.txt": asset(text="hello")}
    assert hash_of(archive(assets=members)) == TWO_FILES
    assert hash_of(archive(path=str(tree))) == TWO_FILES
    assert hash_of(archive(assets={})) == EMPTY


def test_nested_archives_are_flattened_whatever_their_format(tree: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as zipped:
        zipped.writestr("b.txt", "")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tarred:
        tarred.add(tree / "dir" / "b.txt", "b.txt")
    for nested in ("b.zip", "b.tar.gz"):
        members = {"a.txt": asset(text="hello"), "dir": archive(path=str(tmp_path / nested))}
        assert hash_of(archive(assets=members)) == TWO_FILES


def test_an_archive_files_hash_is_that_of_its_bytes(tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(b"anything")
    assert hash_of(archive(path=str(tmp_path / "a.zip"))) == sha256(b"anything")


def test_content_behind_a_network_has_no_hash():
    assert hash_of(asset(uri="https://example.com/a")) is None
    assert hash_of(archive(assets={"a": asset(uri="https://example.com/a")})) is None


def test_a_path_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(assets.AssetError, match="missing"):
        hash_of(asset(path=str(tmp_path / "missing")))
    with pytest.raises(assets.AssetError, match="is a directory"):
        hash_of(asset(path=str(tmp_path)))
    (tmp_path / "plain.txt").touch()
    with pytest.raises(assets.AssetError, match="neither a directory nor an archive file"):
        hash_of(archive(path=str(tmp_path / "plain.txt")))


def test_a_programs_assets_show_their_hash_and_a_remote_one_a_diagnostic(run):
    rehearsal = run(
        """
        Res("local", file=pulumi.StringAsset("hello"), empty=pulumi.StringAsset(""))
        Res("remote", file=pulumi.RemoteAsset("https://example.com/a"))
        """
    )
    inputs = {step.name: step.inputs for step in rehearsal.plan.steps}
    assert inputs["local"]["file"] == asset(text="hello", hash=sha256(b"hello"))
    assert inputs["local"]["empty"] == asset(hash=sha256(b""))
    assert inputs["remote"]["file"] == asset(uri="https://example.com/a")
    assert [item.urn.rpartition("::")[2] for item in rehearsal.diagnostics] == ["remote"]


def test_a_missing_file_fails_the_program_and_names_resource_and_file(run):
    failure = run('Res("it", file=pulumi.FileAsset("no/such/file"))').failure
    assert "test:index:Res::it" in failure
    assert "no/such/file" in failure
