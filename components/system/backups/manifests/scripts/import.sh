# Brings a dump from elsewhere into the database: restored beside it, counted against the dump, and only then renamed into
# its place. What was there keeps its rows under another name, and is not replaced unless REPLACE is `yes`.
. /scripts/common.sh
. /scripts/scratch.sh
. /scripts/restored.sh
. /scripts/counted.sh
rm -rf /work/scratch
ask() { psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"; }
live() { "$@"; }
stamp=$(date -u +%Y%m%d%H%M)
target="${DATABASE}_imported_$stamp"
before="${DATABASE}_before_$stamp"

step=check
[ -s /work/dump ] || fail "the dump is empty"
PGDATABASE="$DATABASE" ask --file=/scripts/rows.sql >/work/all-there 2>>"$log" || fail "$(reason)"
grep -v '^"slipway\.' /work/all-there >/work/there || true
[ ! -s /work/there ] || [ "${REPLACE:-no}" = yes ] ||
  fail "$DATABASE has data: $(total /work/there); pass --replace to put the dump in its place"
[ "$(ask --command="SELECT count(*) FROM pg_database WHERE datname IN ('$target', '$before')" 2>>"$log")" = 0 ] ||
  fail "$target or $before exists already, or cannot be looked for: $(reason)"

# What services write while the dump is brought would be lost.
no_sessions() {
  busy=$(ask --command="SELECT coalesce(string_agg(DISTINCT usename, ', '), '') FROM pg_stat_activity
    WHERE datname = '$DATABASE' AND pid <> pg_backend_pid() AND usename NOT IN ('$BACKUP', '$MONITOR')" 2>>"$log") ||
    fail "$(reason)"
  [ -z "$busy" ] || fail "$DATABASE is in use by $busy: stop the services first"
}
no_sessions

step=count
case $(head -c 5 /work/dump | tr -cd ' -~') in
  PGDMP)
    { pg_restore --data-only --file=- /work/dump 2>>"$log" || touch /work/torn; } | count_copies >/work/counted
    [ ! -e /work/torn ] || fail "$(reason)"
    if grep -qx inserts /work/counted; then # Rows that are statements are counted as they are played.
      run pg_restore --file=/work/plain /work/dump
      run mv /work/plain /work/dump
    fi
    ;;
  *)
    if head -n 20 /work/dump | grep -q 'PostgreSQL database cluster dump'; then
      fail "the dump is of pg_dumpall: dump one database with pg_dump"
    fi
    head -n 20 /work/dump | grep -q 'PostgreSQL database dump' ||
      fail "the dump is neither in the custom format of pg_dump nor plain SQL of it; unpack it if it is compressed"
    tail -n 10 /work/dump | grep -q 'PostgreSQL database dump complete' ||
      fail "the dump is truncated: its last line is missing"
    if grep -q '^\\connect ' /work/dump; then fail "the dump creates a database: make it without --create"; fi
    count_copies </work/dump >/work/counted
    ;;
esac
if grep -qx inserts /work/counted; then inserts=yes; else inserts=; fi
if [ -n "$inserts" ] && grep -q ' ON CONFLICT DO NOTHING;$' /work/dump; then
  fail "the dump's statements pass over rows: make it without --on-conflict-do-nothing"
fi
[ -n "$inserts" ] || check_counted /work/counted

# Plain SQL names owners that the server does not have: it is played in this pod, and dumped from there.
case $(head -c 5 /work/dump | tr -cd ' -~') in
  PGDMP) ;;
  *)
    step=play
    start_scratch
    roles_of /work/dump | while IFS= read -r role; do
      printf '%s\n' "SELECT 'CREATE ROLE ' || $role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = (parse_ident($role))[1])" '\gexec'
    done >/work/roles
    run scratch psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/work/roles
    run scratch createdb --template=template0 plain
    run scratch env PGDATABASE=plain psql --no-psqlrc --output=/work/tags --set=ON_ERROR_STOP=1 --file=/work/dump
    run scratch pg_dump --format=custom --no-owner --no-privileges --file=/work/played plain
    pg_ctl stop --silent --mode=immediate --pgdata=/work/scratch >>"$log" 2>&1 || true
    rm -rf /work/scratch
    run mv /work/played /work/dump
    if [ -n "$inserts" ]; then
      step=count
      run pg_restore --data-only --file=/work/data /work/dump
      count_copies </work/data >/work/counted
      run rm /work/data
      check_counted /work/counted
      check_taken /work/tags /work/counted
    fi
    ;;
esac

if [ -n "${ROWS:-}" ]; then
  step=source
  printf '%s\n' "$ROWS" | grep -v -e ': 0$' -e '^"slipway\.' | sort >/work/source || true
  other=$(comm -3 /work/source /work/counted | tr -d '\t' | head -n 1)
  [ -z "$other" ] || fail "the source has other rows than the dump, see $other: stop what writes there, and dump again"
fi

fail() { # From here on something is left.
  said=yes
  say failed "$1; $DATABASE is untouched, and $target may be dropped"
  exit 1
}
export EXTENSIONS
named=$DATABASE

step=restore
restore_into live "$target" /work/dump

step=compare
count_rows live "$target"
grep -v -e ': 0$' -e '^"slipway\.' /work/restored | sort >/work/found || true
compare_rows /work/counted /work/found

step=replace
no_sessions
for pause in 1 2 4 8 end; do
  if ask --single-transaction >>"$log" 2>&1 <<END; then break; fi
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ('$named', '$target') AND pid <> pg_backend_pid();
ALTER DATABASE "$named" RENAME TO "$before";
ALTER DATABASE "$target" RENAME TO "$named";
END
  [ "$pause" != end ] || fail "$(reason)"
  sleep "$pause"
done
say ok "imported into $named: $(total /work/found), as the dump has them; what was there is in $before"
cat <<END
Start the services. To drop what was there before, as the administrator, in the database postgres:
  DROP DATABASE "$before";
END
