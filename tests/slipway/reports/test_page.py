"""The page of a preview, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from slipway.rehearsal import EvaluatedPack, Finding, Plan, Rehearsal, Timings
from slipway.rehearsal.difference import Change, Changed, Difference
from slipway.reports.applied import Applied, Moment, ReleasePlan, Stage
from slipway.reports.grouped_findings import LocatedFinding
from slipway.reports.page import FOLDER, LIBRARY, as_html
from slipway.reports.page.graph import Edge, graph
from slipway.settings.clouds.local import LocalCluster
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster, SystemDeployment
from slipway.settings.system import System
from tests import needs
from tests.processes import TIMEOUT

SHOP: dict[str, Any] = {
    "title": "Shop",
    "owner": {"team": "shop"},
    "domains": {"web": "shop.example.com"},
    "services": {
        "web": {"image": "web", "port": 80, "calls": ["api"], "routes": [{"domain": "web"}]},
        "api": {"image": "api", "port": 3000, "environment": {"DATABASE_URL": {"database": "orders"}}},
    },
    "databases": {"orders": {}},
}
SERVICE, INSTANCE = "kubernetes:core/v1:Service", "aws:rds/instance:Instance"
EVIL = '</script><script>document.title="stolen"</script><img src=x onerror=alert(1)>\u2028'


def changed(op: Any, type_: str, name: str, *, loses: str = "", value: str = "new") -> Changed:
    urn = f"urn:pulumi:test::slipway::slipway:system:System${type_}::{name}"
    return Changed(op, urn, type_, (Change(("a", "b"), "old", value),), loses_data=loses)


CHANGES = (
    changed("update", SERVICE, "shop/api-blue", value=EVIL),
    changed("create", SERVICE, "shop/web-blue"),
    changed("delete", INSTANCE, "shop/bills", loses="the database"),
)
DIFFERENCE = Difference("main", CHANGES)
FINDING = LocatedFinding(Finding("slipway", "1", "open-ingress", "mandatory", CHANGES[0].urn, "", "", ""), EVIL, None)
APPLIED = Applied(
    (Stage("shop", (f"rolls {EVIL}",)),),
    ("shop, closed",),
    (ReleasePlan("shop", "1.1.0", (), (Moment("T+00:15", "25 %"),)),),
)


@pytest.fixture(scope="module")
def stack() -> Stack:
    settings = SystemDeployment.model_validate(
        {"blue": {"version": "1.0", "weight": 90}, "green": {"version": "1.1", "weight": 10}}
    )
    shop = DeployedSystem("shop", System.model_validate(SHOP), settings)
    cluster = LocalCluster.model_construct(cloud="local", context=None)
    return Stack("test", "local", {"main": StackCluster("main", cast(Any, cluster), {"shop": shop})})


def page(stack: Stack, difference: Difference = DIFFERENCE, *findings: LocatedFinding) -> str:
    ran = Rehearsal(Plan("s", "test", "o", ()), (), (), None, Timings(0, 0, 0), (EvaluatedPack("slipway", "1", 1, 1),))
    return as_html(stack, ran, findings or [FINDING], difference, APPLIED)


def test_the_architecture(stack: Stack) -> None:
    """What calls what, how visitors are split, what changes, and what is no longer there."""
    found = graph(stack, DIFFERENCE)
    kinds = {node.id: (node.kind, node.parent, node.change) for node in found.nodes}
    assert kinds == {
        "cluster main": ("cluster", "", "same"),
        "system shop": ("system", "cluster main", "same"),
        "shop/visitors": ("visitors", "system shop", "same"),
        "shop/service web": ("service", "system shop", "create"),
        "shop/service api": ("service", "system shop", "update"),
        "shop/database orders": ("database", "system shop", "same"),
        "shop/gone shop/bills": ("gone", "system shop", "delete"),
    }
    assert set(found.edges) == {
        Edge("shop/visitors", "shop/service web", "blue 90 %, green 10 %"),
        Edge("shop/service web", "shop/service api"),
        Edge("shop/service api", "shop/database orders"),
    }


def test_a_database_is_not_its_service(stack: Stack) -> None:
    """Whose name may begin with that of the database."""
    shop = stack.clusters["main"].systems["shop"]
    definition = {**SHOP, "services": {**SHOP["services"], "orders-api": {"image": "api", "port": 3000}}}
    other = replace(shop, definition=System.model_validate(definition))
    systems = {"main": replace(stack.clusters["main"], systems={"shop": other})}
    found = graph(
        replace(stack, clusters=systems),
        Difference(
            "main", (changed("update", SERVICE, "shop/orders-api-blue"), changed("create", SERVICE, "shop/web-blue"))
        ),
    )
    kinds = {node.id: node.change for node in found.nodes}
    assert (kinds["shop/service orders-api"], kinds["shop/database orders"]) == ("update", "same")
    roles = Difference("main", (changed("update", SERVICE, "shop/orders-roles"),))
    assert {node.id: node.change for node in graph(stack, roles).nodes}["shop/database orders"] == "update"


def test_it_is_one_file_that_loads_nothing(stack: Stack) -> None:
    """No address of anything; its policy allows the scripts and the style that are in it, by what they are, and no others."""
    text = page(stack)
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", text.partition('<script type="application/json"')[0])
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    allowed = set(re.findall(r"'(sha256-[^']+)'", html.unescape(policy)))
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digests = [hashlib.sha256(each.encode()).digest() for each in (*scripts, *styles)]
    assert allowed == {f"sha256-{base64.b64encode(each).decode()}" for each in digests}
    assert len(digests) == 3
    assert html.unescape(policy).startswith("default-src 'none'; ")


def test_no_text_of_a_plan_becomes_markup(stack: Stack) -> None:
    """It stands in the data, where nothing ends the script."""
    text = page(stack)
    assert "<img" not in text
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert "<" not in data
    assert json.loads(data)["changes"][0]["lines"][0].startswith('a.b: "old" → ')


def test_the_library_is_the_one_that_was_read() -> None:
    """As its package on npm has it, with its licence."""
    assert (
        hashlib.sha256(LIBRARY.read_bytes()).hexdigest()
        == "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"
    )
    licence = (FOLDER / "vendor" / "dagre.LICENSE").read_text()
    assert "Permission is hereby granted, free of charge" in licence


class Browser:
    """Chromium, which opens the page and tells what became of it."""

    def __init__(self, folder: Path, text: str) -> None:
        self._program = needs.program("chromium", package="chromium")
        self._folder, self._file = folder, folder / "page.html"
        self._file.write_text(text, encoding="utf-8")

    def open(self, hash_: str = "") -> str:
        """The document once its scripts have run; none of them may have complained."""
        options = [
            "--headless",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--virtual-time-budget=10000",
        ]
        if os.getuid() == 0:
            options.append("--no-sandbox")
        done = subprocess.run(
            [
                self._program,
                *options,
                f"--user-data-dir={self._folder / 'profile'}",
                "--enable-logging=stderr",
                "--dump-dom",
                f"{self._file.as_uri()}{hash_}",
            ],
            env={**os.environ, "HOME": str(self._folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert not [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return done.stdout


def shown(document: str) -> tuple[str, list[str]]:
    """What the search says, and the resources of open parts."""
    (displayed,) = re.findall(r'<p id="shown"[^>]*>([^<]*)</p>', document)
    return displayed, re.findall(r'data-urn="[^"]*::([^":]*)"', document)


def test_a_browser_shows_it(stack: Stack, tmp_path: Path) -> None:
    """The verdict, every section, a picture with every part; texts of a plan are texts."""
    document = Browser(tmp_path, page(stack)).open()
    assert "<title>test: 1 to create, 1 to update, 1 to delete, against main</title>" in document
    assert "T+00:15" in document
    assert document.count('marker-end="url(#arrow)"') == 3
    for node in ("visitors", "web", "api", "orders", "bills"):
        assert re.search(rf"<text[^>]*>[-+~]? ?{node}</text>", document), node
    assert "<img" not in document
    assert "service web calls service api" in document
    assert shown(document) == ("3 of 3 changes", [])
    assert not re.search(r"<(?:input|select)(?![^>]*id=)(?![^>]*name=)", document)


FILTERS = {
    "#q=web+create": ("1 of 3 changes", ["shop/web-blue"]),
    "#op=update&op=create": ("2 of 3 changes", ["shop/api-blue", "shop/web-blue"]),
    "#data=1&part=shop": ("1 of 3 changes", ["shop/bills"]),
    "#q=nothing+of+the+kind": ("0 of 3 changes", []),
    f"#urn={CHANGES[0].urn}": ("1 of 3 changes", ["shop/api-blue"]),
}


@pytest.mark.parametrize("hash_", FILTERS)
def test_a_link_leads_to_what_it_names(stack: Stack, tmp_path: Path, hash_: str) -> None:
    """Words, parts, operations, what loses data, or one resource with its properties."""
    document = Browser(tmp_path, page(stack)).open(hash_)
    assert shown(document) == FILTERS[hash_]
    assert ("a.b: " in document.partition('id="tree"')[2].partition("<script")[0]) == hash_.startswith("#urn=")


def test_thousands_of_resources_are_made_only_when_they_are_looked_at(stack: Stack, tmp_path: Path) -> None:
    """A part that is closed is one element, and a search shows what it finds."""
    many = replace(
        DIFFERENCE, resources=tuple(changed("update", SERVICE, f"shop/s-{number}") for number in range(5000))
    )
    browser = Browser(tmp_path, page(stack, many))
    assert shown(browser.open()) == ("5000 of 5000 changes", [])
    assert shown(browser.open("#q=s-4999")) == ("1 of 5000 changes", ["shop/s-4999"])
