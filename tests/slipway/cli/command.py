"""`slipway` as it is, but that a plan of the very same files is made once a run of the tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from slipway.cli.main import main as slipway
from slipway.cli.selection import Selection
from slipway.rehearsal import PolicyPack, Progress, Rehearsal
from tests.forking import SHARING, forked_workers
from tests.rehearsed import rehearsed
from tests.shared import kept
from tests.slipway.cli.copied import digest, entries, unedited

rehearse = Selection.rehearse


def once(
    self: Selection,
    *,
    policies: bool,
    on_progress: Callable[[Progress], None] | None = None,
    seed: str | None = None,
    packs: Sequence[PolicyPack] | None = None,
    marks_key: str | None = None,
) -> Rehearsal:
    found = dict(entries(self.project.root))
    if on_progress:
        on_progress(Progress("program", 0))
    if packs is not None or marks_key is not None:  # of another folder, which is in no key, or another key each time
        return rehearse(self, policies=policies, on_progress=on_progress, seed=seed, packs=packs, marks_key=marks_key)
    in_its_place = self.file.parent == self.project.root
    if seed is None and in_its_place and found == unedited():
        made = rehearsed(self.stack.name).rehearsal
        return made if policies else replace(made, findings=(), evaluated_by=())
    # Nobody but the pack reads ledgers.
    files = [each for each in found.items() if policies or not each[0].startswith("ledger/")]
    asked = ("slipway", self.stack.name, policies, seed, *files, (str(self.file.name), digest(self.file)))
    return kept(asked, lambda: rehearse(self, policies=policies, on_progress=on_progress, seed=seed))


def main(arguments: Sequence[str]) -> None:
    """The first of `arguments` tells whether plans are shared, the others are the command's."""
    if arguments[0] == SHARING:
        Selection.rehearse = once  # type: ignore[method-assign]
    sys.argv = ["slipway", *arguments[1:]]
    if imported := sys.modules.get("kubernetes.config.kube_config"):
        # It reads the variable when it is imported.
        imported.KUBE_CONFIG_DEFAULT_LOCATION = os.environ.get("KUBECONFIG", "~/.kube/config")  # type: ignore[attr-defined]
    with forked_workers():
        slipway()


if __name__ == "__main__":
    main(sys.argv[1:])
