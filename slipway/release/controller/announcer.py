"""Sends messages by Apprise. A message that cannot be sent is reported, and never stops a release."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from slipway.release.controller.calendar import calendar
from slipway.release.controller.messages import Message
from slipway.release.controller.release import Release
from slipway.release.status import Status

CALENDAR = "reviews.ics"
"""Name of the attached calendar; its ending gives it the type text/calendar."""


class Announcer:
    """Sends by the addresses of a folder, a file for each key, which may change while the controller runs."""

    def __init__(self, addresses: Path) -> None:
        self._addresses = addresses

    def send(self, release: Release, status: Status, message: Message, now: datetime) -> list[str]:
        """Send a message once by each of its channels and return what failed, a sentence each, without addresses."""
        text = calendar(release.spec, status.promoted or now) if message.calendar and release.spec.reviews else None
        if text is None:
            return self._by_channels(release, message, None)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / CALENDAR
            file.write_text(text, encoding="utf-8", newline="")
            return self._by_channels(release, message, file)

    def _by_channels(self, release: Release, message: Message, attached: Path | None) -> list[str]:
        if not message.channels:
            return ["the release names no channel"]
        outcomes = (self._by(channel, release, message, attached) for channel in message.channels)
        return [failure for failure in outcomes if failure is not None]

    def _by(self, channel: str, release: Release, message: Message, attached: Path | None) -> str | None:
        address = self._address(channel, release.spec.owner)
        if address is None:
            return f"there is no address for {channel}: add the key `{channel}` to the Secret of addresses"
        for name, receiver in (("email", message.email), ("chat", message.chat)):
            if f"{{{name}}}" in address:
                if receiver is None:
                    return f"the release names no receiver for {channel}: set `{name}` in its channels"
                address = address.replace(f"{{{name}}}", quote(receiver.lstrip("#"), safe=""))
        try:
            return None if _notify(address, message, attached if channel == "email" else None) else _failed(channel)
        except Exception as error:
            return f"{_failed(channel)} ({type(error).__name__})"

    def _address(self, channel: str, owner: str) -> str | None:
        for name in (f"{channel}.{owner}", channel):
            try:
                return (self._addresses / name).read_text(encoding="utf-8").strip() or None
            except OSError:
                continue
        return None


def _notify(address: str, message: Message, attached: Path | None) -> bool:
    from apprise import Apprise

    sender = Apprise()
    if not sender.add(address):
        raise ValueError
    files: Sequence[str] = [str(attached)] if attached else []
    return bool(sender.notify(title=message.subject, body=message.text, attach=list(files) or None))


def _failed(channel: str) -> str:
    return f"the message by {channel} was not accepted"
