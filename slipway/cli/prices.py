"""`slipway prices update`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from slipway.cli.lookup import refused
from slipway.cli.progress import steps
from slipway.cost import load
from slipway.cost.lists import LISTS, Found, wanted
from slipway.cost.lists.matching import PriceListError
from slipway.cost.lists.writing import with_prices
from slipway.cost.prices import FOLDER, Prices, read_file
from slipway.ops.failure import CloudFailure
from slipway.settings.exit_statuses import OK
from slipway.settings.problems import nearest
from slipway.settings.project import find_project

ADDRESSES = {cloud: address for cloud, (address, _) in LISTS.items()}


def update(
    cwd: Path, only: Collection[str] = (), *, addresses: Mapping[str, str] = ADDRESSES, today: date | None = None
) -> int:
    """Write the clouds' published prices into the price files and return the exit status. All rows of all files are
    fetched before the first file is written: a missing or implausible answer changes nothing. Raises InvalidSettings
    and CloudFailure."""
    root = find_project(cwd).root
    prices = load(root)
    for name in {*only} - {*prices.clouds}:
        raise refused(f"--cloud {name} has no file in {FOLDER}/{nearest(name, prices.clouds)}")
    for name in {*prices.clouds} - {*LISTS}:
        raise refused(f"{FOLDER}/{name}.yaml: has no published price list; allowed: {', '.join(LISTS)}")
    found: dict[str, Found] = {}
    for cloud, items in prices.clouds.items():
        if not only or cloud in only:
            with steps(f"Fetching prices of {cloud}") as report:
                try:
                    found[cloud] = LISTS[cloud][1](addresses[cloud], wanted(items), report)
                except PriceListError as error:
                    raise CloudFailure(f"{cloud}: {error}; nothing was changed") from None
    _write(root, found, today or datetime.now(UTC).date())
    _show(prices, found)
    return OK


def _write(root: Path, found: Mapping[str, Found], today: date) -> None:
    """Replace each file atomically, once all drafts could be read."""
    with tempfile.TemporaryDirectory(dir=root / FOLDER, prefix=".") as folder:
        drafts: dict[Path, Path] = {}
        for cloud, prices in found.items():
            path = root / FOLDER / f"{cloud}.yaml"
            draft = Path(folder) / path.name
            draft.write_bytes(with_prices(path.read_bytes().decode(), prices, today.isoformat()).encode())
            draft.chmod(path.stat().st_mode)
            read_file(draft, f"{FOLDER}/{path.name}")
            drafts[draft] = path
        for draft, path in drafts.items():
            os.replace(draft, path)


def _show(prices: Prices, found: Mapping[str, Found]) -> None:
    for cloud, rows in found.items():
        items = prices.clouds[cloud]
        changed = {key: usd for key, usd in rows.items() if usd != items[key[0]].regions[key[1]].usd}
        for (name, region), usd in changed.items():
            print(f"{cloud}: {name} in {region}: {items[name].regions[region].usd:g} → {usd:g}")
        print(f"{FOLDER}/{cloud}.yaml: {len(rows)} prices fetched, {len(changed)} changed")
