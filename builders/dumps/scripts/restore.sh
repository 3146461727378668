# Restores the fetched dump into a new database of the live server, with roles and grants as the live one has them.
. /scripts/common.sh
. /scripts/fetched.sh
. /scripts/scratch.sh
check_dump

step=create
stamp=$(date -u +%Y%m%d%H%M)
target="${DATABASE}_restored_$stamp"
ask() { psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"; }
there=$(ask --command="SELECT count(*) FROM pg_database WHERE datname = '$target'" 2>>"$log") || fail "$(reason)"
[ "$there" = 0 ] || fail "$target exists already"
make_roles() {
  run env DATABASE="$target" psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=/scripts/roles.sql
}
make_roles

step=restore
run pg_restore --list --file=/work/all /work/dump
awk '$4 != "EXTENSION" && !($4 == "COMMENT" && $6 == "EXTENSION")' /work/all >/work/list
run pg_restore --exit-on-error --no-owner --no-privileges --no-publications --no-subscriptions --role="$OWNER" \
  --dbname="$target" --use-list=/work/list /work/dump
make_roles

step=compare
PGDATABASE=$target PGOPTIONS="-c role=$OWNER" psql --no-psqlrc --quiet --no-align --tuples-only \
  --set=ON_ERROR_STOP=1 --file=/scripts/rows.sql >/work/restored 2>>"$log" || fail "$(reason)"
compare_rows /work/rows /work/restored
say ok "restored the dump of $(field taken_at) into $target: $(total /work/restored)"
cat <<END
$DATABASE is untouched. To put $target in its place, let nothing write (maintenance), close its sessions, and as the
administrator, in the database postgres:
  ALTER DATABASE $DATABASE RENAME TO ${DATABASE}_before_$stamp;
  ALTER DATABASE $target RENAME TO $DATABASE;
Then start the services anew. To drop it in place of that: DROP DATABASE $target;
END
