# Brings the newest dump, or the newest one at the time AT. MAX_AGE_HOURS, where it is set, is the oldest that will do.
. /scripts/common.sh
. /scripts/store.sh
rm -f /work/manifest.json /work/dump

step=fetch
code=0
rclone lsf --recursive --files-only --include '*.json' "store:$BUCKET/$DATABASE" >/tmp/manifests 2>>"$log" || code=$?
[ "$code" = 0 ] || [ "$code" = 3 ] || fail "$(reason)" # 3: there is no such folder
at=
if [ "${AT:-newest}" != newest ]; then
  at=$(digits "$AT")
  [ "${#at}" = 14 ] || fail "not a time such as 2026-11-05T01:30:00Z: $AT"
fi
name=$(sort /tmp/manifests | awk -v at="$at" '
  { time = $0; sub(/Z[^Z]*$/, "", time); sub(/.*-/, "", time); gsub(/[^0-9]/, "", time) }
  at == "" || time + 0 <= at + 0 { newest = $0 }
  END { print newest }')
[ -n "$name" ] || fail "there is no manifest${at:+ as old as $AT}"
key="$DATABASE/${name%.json}"
run rclone copyto "store:$BUCKET/$key.json" /work/manifest.json

named=$(field database)
[ "$named" = "$DATABASE" ] || fail "the manifest is of another database: ${named:-none}"
taken=$(field taken_at)
if [ -n "${MAX_AGE_HOURS:-}" ]; then
  oldest=$(date -u -d "@$(($(date +%s) - MAX_AGE_HOURS * 3600))" +%Y%m%d%H%M%S)
  [ "$(digits "$taken")" -ge "$oldest" ] || fail "the newest backup is stale: it is of $taken"
fi
code=0
rclone copyto "store:$BUCKET/$key.dump" /work/dump >>"$log" 2>&1 || code=$?
case $code in
  0 | 3 | 4) [ -f /work/dump ] || fail "the dump is missing beside its manifest: $key.dump" ;; # 4: no such file
  *) fail "$(reason)" ;;
esac
say ok "$key.dump of $taken"
