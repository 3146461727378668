"""Exit statuses of all commands."""

OK = 0
"""Success."""
VIOLATED = 1
"""A mandatory policy is violated or a check failed: a backup is too old, a ledger or a generated file differs."""
BAD_INPUT = 2
"""Bad input: arguments, settings or a missing file. Source: 2 as in click and getopt."""
FAILED = 3
"""Any other failure: the program, a cloud, a cluster, a full disk, a bug in Slipway."""
INTERRUPTED = 130
"""Interrupted. Source: 128 and the number of SIGINT, as shells report it."""
PIPE_CLOSED = 141
"""The reader of the output, such as `head`, closed the pipe. Source: 128 and the number of SIGPIPE, as shells report
it."""
