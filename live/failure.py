"""What goes wrong with a running cloud, in one line with the fix."""

from __future__ import annotations


class CloudFailure(Exception):
    """A cloud or a cluster could not do what a command asked.

    The text names what was asked and the fix. It never quotes an answer: clouds repeat the values that they refuse.
    """


class MissingEntry(CloudFailure):
    """The place that a value belongs to was never made."""
