"""Persistent volumes of a service: folders on a disk that outlives the pod."""

from __future__ import annotations

from pydantic import Field

from slipway.settings.databases import Backup, BackupChoice, DataClass, RestoreTest, RestoreTestChoice
from slipway.settings.fields import Folder, Gibibytes, StorageClass, Text
from slipway.settings.setting import OVERRIDABLE, Setting

LARGEST_ARCHIVE = 256
"""Largest volume in GiB that is archived. Chosen: half of what one core packs in the four hours that the Job has."""


class Volume(Setting):
    """A folder on a disk of its own, which one pod mounts (ReadWriteOnce). The disk is encrypted by its cloud, and stays
    when the service is changed, moved to another node or taken away."""

    mount_path: Folder
    """The folder in all containers of the pod, empty at first."""
    size: Gibibytes = Field(json_schema_extra=OVERRIDABLE, examples=[20])
    """Size in GiB. It can be raised while the program runs, and never lowered: no disk shrinks. The larger one is paid for
    from then on."""
    storage_class: StorageClass | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """StorageClass of the disk, which the cluster has: one of another speed, or of its owner's own. By default the one that
    the cluster gives all volumes, since names of classes differ between clouds. It cannot change later: Kubernetes
    refuses."""
    backup: BackupChoice = Field(default_factory=Backup, json_schema_extra=OVERRIDABLE)
    """Backup; two weeks by default: each night all files are packed into the system's locked bucket of backups. `none` needs
    a `reason`."""
    restore_test: RestoreTestChoice = Field(default_factory=RestoreTest, json_schema_extra=OVERRIDABLE)
    """Restore test settings, or `none`; an archive that was never restored may be unusable. Each test has a disk of the
    volume's size for as long as it runs."""
    reason: Text | None = None
    """Why it has no backup, such as `An index that is built again from the database`; only with `backup: none`."""
    data_class: DataClass = "internal"
    """The most sensitive data in it; `personal` stays in the system's regions. By default `internal`, since most data
    is neither published nor about people."""
