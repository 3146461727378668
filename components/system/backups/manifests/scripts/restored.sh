# A dump restored into a new database: roles, extensions and grants as the roles Job makes them, all else the owner's.
# SERVER is a program that runs another one with a login of the administrator's.

restore_into() { # SERVER database dump [available extensions]
  make_roles "$1" "$2"
  run pg_restore --list --file=/work/all "$3"
  # Slipway's own schema and function stand there already.
  awk '$4 == "SCHEMA" && $6 != "slipway"' /work/all >/work/schemas
  awk '$4 == "EXTENSION"' /work/all >/work/extensions
  awk '$4 != "SCHEMA" && $4 != "EXTENSION" && !($4 == "COMMENT" && $6 == "EXTENSION") &&
    !($4 == "FUNCTION" && $5 == "slipway" && $6 == "share_with_backups()")' /work/all >/work/rest
  restore_part "$1" "$2" "$3" /work/schemas --role="$OWNER"
  while read -r entry; do
    name=$(printf '%s' "$entry" | awk '{ print $6 }')
    [ -z "${4:-}" ] || grep -qFx "$name" "$4" || continue
    printf '%s\n' "$entry" >/work/extension
    # The owner's where the server lets it, as a migration of its own would have made it; else the administrator's.
    "$1" pg_restore --exit-on-error --dbname="$2" --use-list=/work/extension --role="$OWNER" "$3" >/dev/null 2>&1 ||
      restore_part "$1" "$2" "$3" /work/extension
  done </work/extensions
  restore_part "$1" "$2" "$3" /work/rest --role="$OWNER"
  make_roles "$1" "$2"
}

restore_part() { # SERVER database dump list [role]
  server=$1 database=$2 dump=$3 list=$4
  shift 4
  run "$server" pg_restore --exit-on-error --no-owner --no-privileges --no-publications --no-subscriptions \
    --dbname="$database" --use-list="$list" "$@" "$dump"
}

make_roles() { # SERVER database
  run "$1" env DATABASE="$2" psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/scripts/roles.sql
}

count_rows() { # SERVER database: as the role that will back it up, so that it can be.
  "$1" env PGDATABASE="$2" PGUSER="$BACKUP" PGPASSWORD="${BACKUP_PASSWORD:-}" \
    psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
    --command="DO 'BEGIN PERFORM slipway.share_with_backups(); END'" --file=/scripts/rows.sql \
    >/work/restored 2>>"$log" || fail "$(reason)"
}

compare_rows() { # wanted restored
  gone=$(awk 'FILENAME == ARGV[1] { has[$0]; next } !($0 in has)' "$2" "$1" | head -n 1)
  cmp -s "$1" "$2" || fail "row counts differ: the dump should hold ${gone:-fewer tables}, and what was restored does not"
}

total() { # `3 tables, 120 rows`
  awk '!/^"large objects": / { tables++; rows += $NF } END { printf "%d tables, %d rows", tables, rows }' "$1"
}
