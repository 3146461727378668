"""Files that Compose mounts: secrets, configuration, and single files of the own machine."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slipway.compose.application import Application
from slipway.compose.confidential import Confidential, comes_from_secret, is_confidential
from slipway.compose.environment import Environments, Translated
from slipway.compose.remarks import Remarks, inner, listed
from slipway.compose.service_facts import Facts
from slipway.compose.variables import missing_in
from slipway.settings import text_files
from slipway.settings.document import LocatedDict, Mark
from slipway.settings.fields import FILE_PATH, printable

LONGEST = 16 * 1024
"""Bytes of a file that is written into the definition. Chosen: what people still read there."""
SECRETS = "/run/secrets"
"""Where containers find secrets. Source: Compose Specification, services, secrets."""
_ASSIGNED = re.compile(r"""(?<![\w.-])(?P<name>[\w.-]+)["']?[ \t]*[:=][ \t]*["']?(?P<value>[^\s"',;}\]]+)""")


class Files:
    """Translates the files of services; all of them share what is known of the application."""

    def __init__(
        self, application: Application, environments: Environments, confidential: Confidential, remarks: Remarks
    ) -> None:
        self._folder, self._document = application.folder, application.document
        self._environments, self._confidential, self._remarks = environments, confidential, remarks

    def of(self, facts: Facts, variables: Translated, writable: Sequence[str]) -> dict[str, Any]:
        """Return the secrets and the configuration of a service by path; what stays open is remarked. A secret that can be
        no file, since its folder is `writable`, becomes a variable."""
        return {**self._secrets(facts, variables, writable), **self._configs(facts, writable)}

    def bound(self, source: str, target: str, writable: Sequence[str]) -> str | None:
        """Return the text of a mounted file that a definition may contain; None for folders, secrets, files
        of the machine and anything else."""
        path = self._folder / source
        if source.startswith(("/", "~")) or not _fits(target, writable):
            return None
        if not path.is_file() or path.stat().st_size > LONGEST:
            return None
        try:
            text = printable(text_files.read(path))
        except ValueError:
            return None
        return None if self._hides(text, source, target) else text

    def _secrets(self, facts: Facts, variables: Translated, writable: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for index, (each, mark) in enumerate(listed(facts.declared, "secrets")):
            source, target = _mounted(each, SECRETS)
            if any((value.text or "").endswith(f"/{source}") for value in facts.environment.values()):
                continue  # The variable has the secret itself.
            name = re.sub(r"\W", "_", source).upper()
            reference = self._environments.secret(facts, name, None, mark)
            if _fits(target, writable):
                found[target] = reference
                self._mode(facts, f"secrets.{index}", each, mark)
            else:
                variables.values.setdefault(name, reference)
                reported = f"is a file there and the variable {name} here: let the program read that"
                self._remark(facts, f"secrets.{index}", reported, mark)
        return found

    def _configs(self, facts: Facts, writable: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for index, (each, mark) in enumerate(listed(facts.declared, "configs")):
            source, target = _mounted(each, "")
            declared = inner(inner(self._document, "configs"), source)
            text = str(declared["content"]) if "content" in declared else None
            if text is not None and not self._may_be_copied(declared["content"], source, target, writable):
                text = None
            elif text is None and "file" in declared:
                text = self.bound(str(declared["file"]), target, writable)
            if text is None:
                reported = "was not copied, as it is no short text without secrets: set it under 'files', or copy it into the image"
                self._remark(facts, f"configs.{index}", reported, mark)
            else:
                found[target] = text
                self._mode(facts, f"configs.{index}", each, mark)
                self.remark_address(facts, f"configs.{index}", text, mark)
        return found

    def _may_be_copied(self, content: Any, source: str, target: str, writable: Sequence[str]) -> bool:
        if comes_from_secret(content) or missing_in(content):
            return False
        return _fits(target, writable) and not self._hides(str(content), source, target)

    def remark_address(self, facts: Facts, path: str, text: str, mark: Mark) -> None:
        """Remark a file that was copied with the address of another service, which has no reference in a file."""
        if (host := self._environments.address_in(facts, text)) is not None:
            self._remark(
                facts, path, f"has the address of '{host}', which differs here: let the program read a variable", mark
            )

    def _hides(self, text: str, *paths: str) -> bool:
        """Return whether a text is a secret by its paths, or has one in it by its form or beside a name."""
        return (
            self._confidential.is_known(text)
            or any(is_confidential(Path(each).stem, text.strip()) for each in paths)
            or any(is_confidential(each["name"], each["value"]) for each in _ASSIGNED.finditer(text))
        )

    def _mode(self, facts: Facts, path: str, value: Any, mark: Mark) -> None:
        if isinstance(value, LocatedDict) and "mode" in value:
            self._remark(facts, path, "has a mode: set 'mode' of the file, in quotes, for example \"0440\"", mark)
        if isinstance(value, LocatedDict) and not value.keys().isdisjoint(("uid", "gid")):
            self._remark(
                facts,
                path,
                "has an owner there, and here the one that Kubernetes gives all files: set 'mode' for it",
                mark,
            )

    def _remark(self, facts: Facts, path: str, text: str, mark: Mark) -> None:
        self._remarks.add(mark, ("services", facts.original, *path.split(".")), text)


def _fits(target: str, writable: Sequence[str]) -> bool:
    """Return whether a file can be at a path beside these writable folders."""
    apart = not any(
        target == each or target.startswith(f"{each}/") or each.startswith(f"{target}/") for each in writable
    )
    return apart and re.fullmatch(FILE_PATH, target) is not None


def _mounted(value: Any, folder: str) -> tuple[str, str]:
    """Return the source of a mounted file, and its whole path in the container."""
    if not isinstance(value, LocatedDict):
        return str(value), f"{folder}/{value}"
    source = str(value.get("source"))
    target = str(value.get("target", source))
    return source, target if target.startswith("/") else f"{folder}/{target}"
