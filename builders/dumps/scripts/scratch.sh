# A PostgreSQL server inside this pod, gone with it: a backup counts once it was restored. Never the live server.

scratch() { # A program that talks to it.
  PGHOST=/tmp PGPORT=5432 PGUSER=postgres PGPASSWORD='' PGSSLMODE=disable PGOPTIONS='' PGDATABASE=scratch "$@"
}

start_scratch() {
  run initdb --pgdata=/work/scratch --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
  run cp /scripts/scratch.conf /work/scratch/postgresql.auto.conf
  trap stop_scratch EXIT
  pg_ctl start --silent --wait --timeout=120 --pgdata=/work/scratch --log=/tmp/server.log >>"$log" 2>&1 || {
    cat /tmp/server.log >>"$log"
    fail "$(reason)"
  }
  run scratch createdb --maintenance-db=postgres scratch
}

stop_scratch() {
  ended
  pg_ctl stop --silent --mode=immediate --pgdata=/work/scratch >/dev/null 2>&1 || true
  trap - EXIT
  exit "$code"
}

restore_scratch() { # All of a dump, but for extensions that this image does not have: what needs one fails.
  run pg_restore --list --file=/work/all "$1"
  scratch psql --no-psqlrc --no-align --tuples-only --command='SELECT name FROM pg_available_extensions' \
    >/work/available 2>>"$log" || fail "$(reason)"
  awk 'FILENAME == ARGV[1] { has[$1]; next }
    $4 == "EXTENSION" && !($6 in has) { next }
    $4 == "COMMENT" && $6 == "EXTENSION" && !($7 in has) { next }
    { print }' /work/available /work/all >/work/list
  run scratch pg_restore --exit-on-error --no-owner --no-privileges --dbname=scratch --use-list=/work/list "$1"
  scratch psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --file=/scripts/rows.sql \
    >/work/restored 2>>"$log" || fail "$(reason)"
}

compare_rows() { # wanted restored
  gone=$(awk 'FILENAME == ARGV[1] { has[$0]; next } !($0 in has)' "$2" "$1" | head -n 1)
  cmp -s "$1" "$2" || fail "row counts differ: the dump should hold ${gone:-fewer tables}, and what was restored does not"
}

total() { # `3 tables, 120 rows`
  awk '{ rows += $NF } END { printf "%d tables, %d rows", NR, rows }' "$1"
}
