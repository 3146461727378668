# A PostgreSQL server inside this pod, gone with it: a backup counts once it was restored. Never the live server.

scratch() { # A program that talks to it.
  PGHOST=/tmp PGPORT=5432 PGUSER=postgres PGPASSWORD='' PGSSLMODE=disable PGOPTIONS='' PGDATABASE=postgres \
    OWNER_PASSWORD=none APP_PASSWORD=none BACKUP_PASSWORD=none MONITOR_PASSWORD=none "$@"
}

start_scratch() {
  run initdb --pgdata=/work/scratch --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
  run cp /scripts/scratch.conf /work/scratch/postgresql.auto.conf
  trap stop_scratch EXIT
  pg_ctl start --silent --wait --timeout=120 --pgdata=/work/scratch --log=/tmp/server.log >>"$log" 2>&1 || {
    cat /tmp/server.log >>"$log"
    fail "$(reason)"
  }
}

stop_scratch() {
  ended
  pg_ctl stop --silent --mode=immediate --pgdata=/work/scratch >/dev/null 2>&1 || true
  trap - EXIT
  exit "$code"
}

restore_scratch() { # All of a dump, as a restore does it, but for extensions that this image does not have.
  scratch psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
    --command='SELECT name FROM pg_available_extensions' >/work/available 2>>"$log" || fail "$(reason)"
  EXTENSIONS=$(printf '%s\n' "$EXTENSIONS" | tr , '\n' | grep -Fx -f /work/available | paste -s -d , -) || true
  export EXTENSIONS
  restore_into scratch scratch "$1" /work/available
  count_rows scratch scratch
}
