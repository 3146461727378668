# Dumps a database and restores it into a scratch server beside; only then is there something to upload.
. /scripts/common.sh
. /scripts/scratch.sh
. /scripts/restored.sh
rm -rf /work/dump /work/dumped /work/rows /work/out /work/key /work/scratch

step=connect
[ "$PGDATABASE" = "$DATABASE" ] || fail "the login is for another database: $PGDATABASE"
# A server that changes over, or a name that is not found, is back in a moment; a login that is refused is not.
for pause in 1 2 4 8 15 30 end; do
  if psql --no-psqlrc --quiet --command='SELECT 1' >"$log" 2>&1; then break; fi
  if [ "$pause" = end ] || grep -qE 'authentication failed|pg_hba|does not exist' "$log"; then fail "$(reason)"; fi
  sleep "$pause"
done

step=dump
taken=$(date -u +%Y-%m-%dT%H:%M:%SZ)
run psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --file=/scripts/snapshot.sql
[ -e /work/dumped ] || fail "$(reason)"
[ -s /work/dump ] || fail "the dump is empty"

step=verify
start_scratch
restore_scratch /work/dump
compare_rows /work/rows /work/restored
pg_ctl stop --silent --mode=immediate --pgdata=/work/scratch >>"$log" 2>&1 || true
rm -rf /work/scratch

step=manifest
# Two of the same second, such as before two migrations, must not have the same name.
mark=$(head -c 16 /dev/urandom | sha256sum | cut -c 1-8)
key="$DATABASE/$(printf '%s' "$taken" | cut -c 1-10 | tr - /)/$DATABASE-$(printf '%s' "$taken" | tr -d ':-')-$mark"
run mkdir -p "/work/out/${key%/*}"
run mv /work/dump "/work/out/$key.dump"
{
  printf '{\n  "database": "%s",\n' "$DATABASE"
  printf '  "taken_at": "%s",\n' "$taken"
  printf '  "server_version": "%s",\n' "$(head -n 1 /work/server)"
  printf '  "tool_version": "%s",\n' "$(pg_dump --version)"
  printf '  "size": %s,\n' "$(bytes "/work/out/$key.dump")"
  printf '  "sha256": "%s",\n' "$(sha256 "/work/out/$key.dump")"
  printf '  "tables": {\n'
  sed '$!s/$/,/; s/^/    /' /work/rows
  printf '  }\n}\n'
} 2>>"$log" >"/work/out/$key.json" || fail "$(reason)"
printf '%s' "$key" 2>>"$log" >/work/key || fail "$(reason)"
say ok "$(bytes "/work/out/$key.dump") bytes, restored and counted: $(total /work/rows)"
