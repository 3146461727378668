#!/bin/sh
# One of PostgreSQL's programs by its name, which Debian keeps from the path.
exec "$(echo /usr/lib/postgresql/*/bin)/${0##*/}" "$@"
