"""Log lines as JSON, one a line, without values of Secrets: what is logged is names, figures and own sentences."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LOGGER = logging.getLogger("slipway.release")
QUIET = ("apprise", "urllib3", "botocore", "boto3")
"""Libraries that log addresses, some of which are secret."""


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line | getattr(record, "about", {}))


def set_up() -> None:
    """Send log lines to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def log(message: str, *, warning: bool = False, **about: object) -> None:
    """Log one sentence with its facts, such as `system` and `phase`."""
    LOGGER.log(logging.WARNING if warning else logging.INFO, message, extra={"about": about})
