"""A cloud is a folder of the pack: what it says of its resources is all that rules need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from slipway.settings.clouds import CLOUDS
from tests.policies.pack_under_test import PACK, Fact, Pack, copied

MEMORY = '''
"""A cloud in memory, which has one kind of database, and one kind of its own."""

from adapters.clouds.contract import Cloud, Database, Provider, guarded, parts
from adapters.safeguards import PLAIN_ON_ITS_WAY, Safeguard

CLOUD = Cloud(
    name="memory",
    package="memory",
    provider=Provider(identity=("account",), others=(), settings={}),
    rules=parts(
        {"database-backups": ("Memory: keep what you have",)},
        alone={
            "encryption-in-transit": {
                "memory:index:Pipe": guarded(Safeguard(path=("tls",), safe=(True,), otherwise=PLAIN_ON_ITS_WAY))
            }
        },
        together={},
    ),
    databases={"memory:index:Database": Database(retention=lambda database: database["days"])},
    taggable=frozenset({"memory:index:Database"}),
    tag_name=lambda tag: tag.upper(),
)
'''
ASKED = """
import json
import rules
from adapters.clouds import CLOUDS

tables = ("databases", "instances", "firewalls", "schedules", "guards", "places", "rights", "auth", "ingress", "budgets")
print(json.dumps({
    "clouds": sorted(each.name for each in CLOUDS.values()),
    "rules": sorted({rule for each in CLOUDS.values() for rule in each.rules} - {each.name for each in rules.every()}),
    "types": sorted(
        type_
        for package, cloud in CLOUDS.items()
        for types in (*(getattr(cloud, each) for each in tables), cloud.taggable, cloud.protected)
        for type_ in types
        if not type_.startswith(package + ":")
    ),
}))
"""


@pytest.fixture(scope="module")
def fourth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pack]:
    """The pack, with the folder of another cloud in it."""
    pack = copied(tmp_path_factory.mktemp("fourth") / "policies")
    folder = pack / "adapters" / "clouds" / "memory"
    folder.mkdir()
    (folder / "__init__.py").write_text(MEMORY)
    running = Pack(directory=Path(pack))
    yield running
    running.close()


def test_each_cloud_of_the_settings_has_its_folder() -> None:
    """What it adds to has the name of a rule, and what it speaks of is its own."""
    run = subprocess.run(
        [sys.executable, "-c", ASKED], env={"PYTHONPATH": str(PACK)}, capture_output=True, text=True, check=True
    )
    assert json.loads(run.stdout) == {"clouds": sorted(set(CLOUDS) - {"local"}), "rules": [], "types": []}


def test_rules_judge_what_another_cloud_says(fourth: Pack) -> None:
    """By the tables that all clouds share, and by what it judges itself; messages name its own clauses."""
    findings = fourth.evaluate(
        Fact("memory:index:Database", {"days": 1}, "short"),
        Fact("memory:index:Pipe", {"tls": False}, "open"),
        Fact("memory:index:Pipe", {"tls": True}, "closed"),
    )
    of = {(each.policy, each.name): each.message for each in findings}
    assert "backups for 1 days" in of["database-backups", "short"]
    assert "Memory: keep what you have" in of["database-backups", "short"]
    assert "lacks tags: MANAGED-BY" in of["cost-tags", "short"]
    assert ("encryption-in-transit", "open") in of
    assert ("encryption-in-transit", "closed") not in of
