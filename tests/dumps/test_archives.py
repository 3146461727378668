"""Archives of volumes as their pods make them, in a real bucket, and unpacked again."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from components.clouds.local import bucket_clients
from components.manifests.environment import BucketFacts
from components.manifests.pod import Identity
from components.manifests.secret import OBJECT_STORE
from components.system.backups.manifests import archive_job
from components.system.backups.manifests.archive_job import Archives
from tests.dumps import programs
from tests.dumps.bucket import Locked
from tests.dumps.case import SCOPE
from tests.dumps.pod_runner import Ended, Machine

CLAIM = "code-shared-data"
KEY = re.compile(rf"{CLAIM}/\d{{4}}/\d\d/\d\d/{CLAIM}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}\.(tar\.gz|json)")


@dataclass(frozen=True)
class Disk:
    """A volume with files, and the pods beside its program."""

    folder: Path
    locked: Locked
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        return self.folder / "volume"

    def write(self, name: str, text: str, mode: int = 0o640) -> None:
        file = self.files / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        for each in (self.files, file.parent, file):
            programs.handed_over(each)

    def archive(self) -> Ended:
        return self._run(archive_job.nightly(SCOPE, self.archives))

    def unpack(self, **variables: str) -> Ended:
        return self._run(archive_job.unpack_template(SCOPE, self.archives), variables)

    def retest(self) -> Ended:
        """On an empty disk of another machine."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        other = replace(self, folder=programs.handed_over(folder))
        return other._run(archive_job.restore_test(SCOPE, self.archives, "week"))

    @property
    def archives(self) -> Archives:
        return Archives(
            claim=CLAIM,
            source="systems/shop/system.yaml:services.code.volumes.data",
            size=20,
            user=1000,
            pods={},
            storage_class="fast",
            tested="week",
            store=bucket_clients.store(BucketFacts(self.locked.name, "local")),
            identity=Identity(secret=OBJECT_STORE),
        )

    def restored(self) -> Path:
        (found,) = self.files.glob("restored-*")
        return found

    def _run(self, cron_job: Any, variables: Mapping[str, str] | None = None) -> Ended:
        template = cron_job.spec.job_template.spec.template
        for variable in template.spec.containers[0].env:
            variable.value = (variables or {}).get(variable.name, variable.value)
        (ended,) = Machine(self.folder, {OBJECT_STORE: self.locked.secret}, self.stand_ins).run(template)
        return ended


@pytest.fixture
def disk(folder: Path, locked: Locked) -> Disk:
    found = Disk(folder, locked)
    found.write("repositories/one.git/HEAD", "ref: refs/heads/main\n")
    found.write("secrets/key", "k" * 3000, 0o600)
    os.symlink("repositories/one.git", found.files / "current")
    return found


def failed(ended: Ended, *, step: str, detail: str) -> None:
    assert ended.code != 0
    assert (ended.line["backup"], ended.line["step"], ended.line["status"]) == (CLAIM, step, "failed"), ended.output
    assert detail in ended.line["detail"], ended.line


def test_an_archive_holds_all_files_and_its_manifest_says_so(disk: Disk) -> None:
    """Names, modes and links; but for what a file system keeps for itself."""
    (disk.files / "lost+found").mkdir(mode=0o000)
    ended = disk.archive()
    assert ended.code == 0, ended.output
    assert ended.line["status"] == "ok"
    reported, packed = sorted(disk.locked.files())
    assert KEY.fullmatch(packed)
    assert reported == packed.replace(".tar.gz", ".json")
    content, manifest = disk.locked.get(packed), disk.locked.manifest(reported)
    assert manifest["volume"] == CLAIM
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = {each.name: each for each in archive.getmembers()}
    assert manifest["entries"] == len(names)
    assert names["./secrets/key"].mode & 0o777 == 0o600
    assert names["./current"].linkname == "repositories/one.git"
    assert not any("lost+found" in each for each in names)


def test_an_archive_of_an_empty_disk_is_one(folder: Path, locked: Locked) -> None:
    """A program's first night."""
    (folder / "volume").mkdir()
    programs.handed_over(folder / "volume")
    assert Disk(folder, locked).archive().code == 0


def test_what_was_archived_is_unpacked_beside_what_is_there(disk: Disk) -> None:
    """Into a folder of its own; nothing else changes, and a person is told what to do."""
    assert disk.archive().code == 0
    disk.write("secrets/key", "changed since")
    ended = disk.unpack()
    assert ended.code == 0, ended.output
    assert disk.restored().name in ended.output
    assert (disk.restored() / "secrets/key").read_text() == "k" * 3000
    assert (disk.restored() / "secrets/key").stat().st_mode & 0o777 == 0o600
    assert (disk.restored() / "current").readlink() == Path("repositories/one.git")
    assert (disk.files / "secrets/key").read_text() == "changed since"


def test_the_archive_of_a_time_is_unpacked(disk: Disk) -> None:
    """The newest one that is not newer."""
    at = "2026-11-05T03:00:00Z"
    assert replace(disk, stand_ins={"date": f'exec date --date={at} "$@"'}).archive().code == 0
    disk.write("secrets/key", "of today")
    assert disk.archive().code == 0
    assert disk.unpack(AT="2026-11-06T00:00:00Z").code == 0
    assert (disk.restored() / "secrets/key").read_text() == "k" * 3000
    failed(disk.unpack(AT="2026-11-04T00:00:00Z"), step="fetch", detail="there is no manifest as old as")


def test_a_restore_test_restores_the_newest_archive(disk: Disk) -> None:
    """Onto a disk of its own; the volume is not mounted."""
    (disk.files / "a\nb").write_text("a name of two lines")
    programs.handed_over(disk.files / "a\nb")
    os.link(disk.files / "secrets/key", disk.files / "again")
    assert disk.archive().code == 0
    ended = disk.retest()
    assert ended.code == 0, ended.output
    assert ended.line["step"] == "compare"
    assert ended.line["detail"].endswith(": 9 entries")


def test_a_restore_test_finds_a_damaged_archive(disk: Disk) -> None:
    """Truncated, or gone."""
    assert disk.archive().code == 0
    (packed,) = [each for each in disk.locked.files() if each.endswith(".tar.gz")]
    disk.locked.put(packed, disk.locked.get(packed)[:-40])
    failed(disk.retest(), step="unpack", detail="the archive is corrupt")


def test_a_restore_test_counts_what_it_restored(disk: Disk) -> None:
    """A manifest of other entries is not that of the archive."""
    assert disk.archive().code == 0
    (reported,) = [each for each in disk.locked.files() if each.endswith(".json")]
    text = disk.locked.get(reported).decode().replace('"entries": 7', '"entries": 8')
    disk.locked.put(reported, text.encode())
    failed(disk.retest(), step="compare", detail="should hold 8, and 7 were restored")


def test_a_restore_test_wants_an_archive_of_last_night(disk: Disk) -> None:
    """An older one passes no test: nobody knows what has happened to the newer ones."""
    old = replace(disk, stand_ins={"date": 'exec date --date="2026-11-05T03:00:00Z" "$@"'})
    assert old.archive().code == 0
    failed(disk.retest(), step="fetch", detail="the newest backup is stale")


def test_an_archive_without_a_manifest_is_none(disk: Disk) -> None:
    """Such as one whose pod was evicted while it packed."""
    disk.locked.put(f"{CLAIM}/2026/11/05/{CLAIM}-20261105T030000Z-00000000.tar.gz", b"half")
    failed(disk.unpack(), step="fetch", detail="there is no manifest")


def test_a_file_that_changes_for_ever_fails(disk: Disk) -> None:
    """After some tries, and without a manifest: what was packed is no archive."""
    torn = replace(
        disk, stand_ins={"tar": 'tar "$@"; echo "tar: ./x: file changed as we read it" >&2; exit 1', "sleep": ""}
    )
    failed(torn.archive(), step="pack", detail="file changed as we read it")
    assert not [each for each in disk.locked.files() if each.endswith(".json")]


def test_a_file_that_is_quiet_the_next_time_is_packed(disk: Disk) -> None:
    """The second archive counts, with a manifest of its own."""
    once = f'if [ ! -e {disk.folder}/tmp/once ]; then touch {disk.folder}/tmp/once; exit 1; fi; exec tar "$@"'
    assert replace(disk, stand_ins={"tar": once, "sleep": ""}).archive().code == 0
    assert len([each for each in disk.locked.files() if each.endswith(".json")]) == 1


def test_a_bucket_that_takes_nothing_fails(disk: Disk) -> None:
    gone = replace(disk, locked=Locked("no-such-bucket", disk.locked.endpoint))
    ended = gone.archive()
    assert ended.code != 0
    assert ended.line["step"] == "pack"


def test_a_store_with_other_bytes_fails(disk: Disk) -> None:
    """What was sent is read back: nothing else proves that it is there."""
    cat = 'if [ "$1" = cat ]; then echo other; else exec rclone "$@"; fi'
    failed(replace(disk, stand_ins={"rclone": cat}).archive(), step="verify", detail="the store holds other bytes")
    assert not [each for each in disk.locked.files() if each.endswith(".json")]


def test_a_corrupt_archive_is_not_left_on_the_disk(disk: Disk) -> None:
    """Nobody shall take a part of it for the whole."""
    assert disk.archive().code == 0
    (packed,) = [each for each in disk.locked.files() if each.endswith(".tar.gz")]
    disk.locked.put(packed, disk.locked.get(packed)[:-40])
    failed(disk.unpack(), step="unpack", detail="the archive is corrupt")
    assert not list(disk.files.glob("restored-*"))


@pytest.mark.parametrize(("gibibytes", "part"), [(1, "5Mi"), (20, "5Mi"), (256, "29Mi")])
def test_a_stream_as_large_as_the_disk_has_few_enough_parts(disk: Disk, gibibytes: int, part: str) -> None:
    """Ten thousand are what S3 takes."""
    job = archive_job.nightly(SCOPE, replace(disk.archives, size=gibibytes))
    (container,) = job.spec.job_template.spec.template.spec.containers  # type: ignore[union-attr]
    found = {each.name: each.value for each in container.env}  # type: ignore[union-attr]
    assert found["RCLONE_CONFIG_STORE_CHUNK_SIZE"] == part
    assert int(part.removesuffix("Mi")) * 10_000 >= gibibytes * 1024
