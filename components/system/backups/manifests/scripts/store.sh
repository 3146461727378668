# The remote `store:` stands in the environment. Where no cloud has buckets, the owner's Secret says where one is.
if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
  export RCLONE_CONFIG_STORE_ENDPOINT="$AWS_ENDPOINT_URL" RCLONE_CONFIG_STORE_REGION="${AWS_REGION:-}"
fi

# Finds the newest manifest in the bucket, or the newest one at the time AT. MAX_AGE_HOURS, where it is set, is the oldest
# that will do.
fetch_manifest() { # kind: what the manifest names beside `taken_at`
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

  named=$(field "$1")
  [ "$named" = "$DATABASE" ] || fail "the manifest is of another $1: ${named:-none}"
  taken=$(field taken_at)
  if [ -n "${MAX_AGE_HOURS:-}" ]; then
    oldest=$(date -u -d "@$(($(date +%s) - MAX_AGE_HOURS * 3600))" +%Y%m%d%H%M%S)
    [ "$(digits "$taken")" -ge "$oldest" ] || fail "the newest backup is stale: it is of $taken"
  fi
}
