"""The ledger: nothing that it names is deleted or replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.policies.pack_under_test import Evaluator, Fact, Pack, copied, outcomes

RULE = "data-ledger"
BUCKET = "aws:s3/bucket:Bucket"
FILES = Fact(BUCKET, {"bucket": "shop-files"}, name="shop/files", provider="main")
LEDGER = f"{FILES.urn}: {{provider: main, named: {{bucket: shop-files}}}}\n"

Asked = Callable[[str | None], Evaluator]


@pytest.fixture
def pack_with(tmp_path: Path) -> Iterator[Asked]:
    """A pack beside a ledger of the stack `staging` with this text, or beside none."""
    packs: list[Pack] = []

    def make(ledger: str | None) -> Evaluator:
        copied(tmp_path / "policies")
        if ledger is not None:
            (tmp_path / "ledger").mkdir()
            (tmp_path / "ledger" / "staging.yaml").write_text(ledger)
        packs.append(Pack(stack="staging", directory=tmp_path / "policies"))
        return packs[-1].about(RULE)

    yield make
    for pack in packs:
        pack.close()


def test_what_the_ledger_names_stays(pack_with: Asked) -> None:
    """The plan has it, under its URN and its name."""
    assert pack_with(LEDGER).evaluate(FILES) == []


def test_an_empty_stack_loses_nothing(pack_with: Asked) -> None:
    """Without a ledger any plan passes."""
    assert pack_with(None).evaluate(FILES) == []


def test_a_rename_without_alias_is_refused(pack_with: Asked) -> None:
    """The message names what would be lost, and both ways out."""
    renamed = Fact(BUCKET, {"bucket": "shop-files"}, name="shop/papers", provider="main")
    (findings,) = pack_with(LEDGER).evaluate(renamed)
    assert outcomes([findings]) == [(RULE, "mandatory")]
    lost = "shop/files (aws:s3/bucket:Bucket) holds data and is no longer in the program: it would be deleted."
    assert lost in findings.message
    assert "an alias of its old URN" in findings.message
    assert "take the entry out of ledger/staging.yaml" in findings.message


def test_a_rename_with_an_alias_passes(pack_with: Asked) -> None:
    """Pulumi keeps the resource under its new URN."""
    renamed = Fact(BUCKET, {"bucket": "shop-files"}, name="shop/papers", provider="main", aliases=(FILES.urn,))
    assert pack_with(LEDGER).evaluate(renamed) == []


def test_another_name_in_the_cloud_is_refused(pack_with: Asked) -> None:
    """It would be replaced; a name that is not known yet is not another one."""
    pack = pack_with(LEDGER)
    other = Fact(BUCKET, {"bucket": "shop-papers"}, name="shop/files", provider="main")
    (findings,) = pack.evaluate(other)
    assert "would get another name in the cloud (bucket): a new, empty one would be created" in findings.message
    assert "shop-papers" not in findings.message
    unknown = Fact(BUCKET, {"bucket": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}, name="shop/files", provider="main")
    assert pack.evaluate(unknown) == []
    assert pack.evaluate(Fact(BUCKET, {}, name="shop/files", provider="main")) == []


def test_another_cluster_is_refused(pack_with: Asked) -> None:
    """The URN stays the same where both clusters are on one cloud, the provider does not."""
    moved = Fact(BUCKET, {"bucket": "shop-files"}, name="shop/files", provider="other")
    (findings,) = pack_with(LEDGER).evaluate(moved)
    assert "would move to another cluster" in findings.message


@pytest.mark.parametrize(
    ("ledger", "message"),
    [
        ("- a list\n", "ledger/staging.yaml: is not a mapping of URNs."),
        (
            "shop: {provider: main}\n",
            "ledger/staging.yaml: an entry is not a Pulumi URN, for example urn:pulumi:prod::",
        ),
        (f"{FILES.urn}: {{}}\n", f"ledger/staging.yaml: {FILES.urn}: names no provider, for example"),
        (f"{FILES.urn}: {{provider: main, named: 3}}\n", f"ledger/staging.yaml: {FILES.urn}: 'named' is not a mapping"),
    ],
)
def test_a_ledger_that_cannot_be_read_blocks(pack_with: Asked, ledger: str, message: str) -> None:
    """One message with file, entry and example."""
    found = pack_with(ledger).evaluate(FILES)
    assert outcomes(found) == [(RULE, "mandatory")]
    assert message in found[0].message
