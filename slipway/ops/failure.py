"""The failure of an operation on a cloud, in one line with the fix."""

from __future__ import annotations


class CloudFailure(Exception):
    """A cloud or a cluster could not do what a command requested.

    The text names the request and the fix. It never quotes an answer: clouds repeat the values that they refuse.
    """


class MissingEntry(CloudFailure):
    """The entry for a value was never created."""
