"""One program under the SDK's own mocks with the SDK's defaults: `python -m benchmarks.mocked <directory>`."""

from __future__ import annotations

import runpy
import sys

import pulumi

from benchmarks.usage import report


class Echo(pulumi.runtime.Mocks):
    """Answers every resource with its inputs, as the examples of Pulumi's documentation do."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict]:
        return f"{args.name}_id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict, None]:
        return {}, None


@pulumi.runtime.test
def run() -> None:
    runpy.run_path(f"{sys.argv[1]}/__main__.py", run_name="__main__")


if __name__ == "__main__":
    pulumi.runtime.set_mocks(Echo())
    run()
    report()
