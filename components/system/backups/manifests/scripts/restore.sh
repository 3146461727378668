# Restores the fetched dump into a new database of the live server, with roles and grants as the live one has them.
. /scripts/common.sh
. /scripts/fetched.sh
. /scripts/restored.sh
check_dump

step=create
stamp=$(date -u +%Y%m%d%H%M)
target="${DATABASE}_restored_$stamp"
ask() { psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"; }
there=$(ask --command="SELECT count(*) FROM pg_database WHERE datname = '$target'" 2>>"$log") || fail "$(reason)"
[ "$there" = 0 ] || fail "$target exists already"
live() { "$@"; }

step=restore
restore_into live "$target" /work/dump

step=compare
count_rows live "$target"
compare_rows /work/rows /work/restored
say ok "restored the dump of $(field taken_at) into $target: $(total /work/restored)"
cat <<END
$DATABASE is untouched. To put $target in its place, let nothing write (maintenance), close its sessions, and as the
administrator, in the database postgres:
  ALTER DATABASE $DATABASE RENAME TO ${DATABASE}_before_$stamp;
  ALTER DATABASE $target RENAME TO $DATABASE;
Then start the services anew. To drop it in place of that: DROP DATABASE $target;
END
