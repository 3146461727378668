"""A stack on a cloud that Slipway does not know: registered here as `docs/add-a-cloud.md` says, and built as any other."""

from pathlib import Path

import pulumi

import components.clouds
from slipway.settings.clouds import CLOUDS

components.clouds.__path__.append(str(Path(__file__).parent / "clouds"))

from components.clouds.memory import asked  # noqa: E402  # pyright: ignore[reportMissingImports]
from components.clouds.memory.settings import CLOUD  # noqa: E402  # pyright: ignore[reportMissingImports]

CLOUDS["memory"] = CLOUD

from components.stack import build, export  # noqa: E402
from slipway.settings.load import load_stack  # noqa: E402
from slipway.settings.project import find_project  # noqa: E402

export(build(load_stack(find_project(Path.cwd()), pulumi.get_stack())))
pulumi.export("asked", sorted(asked))
