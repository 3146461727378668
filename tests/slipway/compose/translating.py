"""Files of Compose that a test writes, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from slipway.compose.translate import Translation, translated
from slipway.compose.writing import written
from slipway.settings.library import Library
from slipway.settings.project import Project

FIXTURES = Path(__file__).parent / "fixtures"


@dataclass(frozen=True)
class Result:
    """A definition as it is written, what was said about it, and whether `slipway check` has something against it."""

    translation: Translation
    text: str
    problems: list[str]

    @property
    def definition(self) -> dict[str, Any]:
        return yaml.safe_load(self.text)

    @property
    def remarks(self) -> list[str]:
        return [str(each) for each in self.translation.remarks]

    @property
    def everything(self) -> str:
        return "\n".join([self.text, *self.remarks, *self.problems])

    def remark(self, path: str) -> str:
        """The only remark at a path, with its line."""
        (found,) = [each for each in self.translation.remarks if each.path == path]
        return f"{found.line}: {found.text}"


def translate(folder: Path, text: str, name: str = "shop", **beside: str) -> Result:
    """The translation of a text; files `beside` it are called as given, with `_` for the first dot."""
    for file, content in beside.items():
        (folder / file.replace("_", ".", 1)).write_text(content, encoding="utf-8")
    path = folder / "compose.yaml"
    path.write_text(text, encoding="utf-8")
    return result(path, folder, name)


def result(path: Path, folder: Path, name: str = "shop") -> Result:
    found = translated(path, path.name, name)
    text = written(found.definition, "# heading")
    file = folder / "systems" / name / "system.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    library = Library(Project(folder, "slipway", {}), "systems")
    library.system(name)
    return Result(found, text, [str(each) for each in library.problems])


def service(folder: Path, text: str, **beside: str) -> Result:
    """The translation of one service `app`, whose keys these are, beside what else is in the text."""
    return translate(folder, f"services:\n  app:\n    image: ghcr.io/example/app:1.0.0\n{text}", **beside)
