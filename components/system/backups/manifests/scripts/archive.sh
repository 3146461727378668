# Packs a volume into the bucket, reads what arrived, and writes the manifest last: the bucket is locked, so nothing can be
# renamed or deleted, and an archive without a manifest is none. DATABASE is the volume's claim.
. /scripts/common.sh
. /scripts/store.sh
. /scripts/streams.sh

pack() { # key; what tar says in the end is kept, because a pipe tells of its last program only
  rm -f /tmp/torn
  : >"$log"
  begin_sum
  { tar -C /volume --exclude=./lost+found -czf - . 2>>"$log" || touch /tmp/torn; } | tee /tmp/copy |
    rclone rcat "store:$BUCKET/$1" >>"$log" 2>&1 || fail "$(reason)"
  end_sum
  [ ! -e /tmp/torn ]
}

step=pack
[ -d /volume ] || fail "the volume is not mounted"
# A file that changes or goes while it is packed spoils the archive; most programs are quiet a moment later.
for pause in 5 30 end; do
  taken=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  mark=$(head -c 16 /dev/urandom | sha256sum | cut -c 1-8)
  key="$DATABASE/$(printf '%s' "$taken" | cut -c 1-10 | tr - /)/$DATABASE-$(printf '%s' "$taken" | tr -d ':-')-$mark"
  if pack "$key.tar.gz"; then break; fi
  [ "$pause" != end ] || fail "files change while they are packed, or cannot be read: $(torn)"
  sleep "$pause"
done
packed=$sum

step=verify
begin_sum
rclone cat "store:$BUCKET/$key.tar.gz" 2>>"$log" | tee /tmp/copy | { tar -tzf - 2>>"$log" | wc -l | tr -cd '0-9' >/tmp/count; drain; }
end_sum
[ "$sum" = "$packed" ] || fail "the store holds other bytes of $key.tar.gz"
count=$(cat /tmp/count)
[ "${count:-0}" -gt 0 ] || fail "the archive cannot be read: $(torn)"

step=manifest
{
  printf '{\n  "volume": "%s",\n' "$DATABASE"
  printf '  "taken_at": "%s",\n' "$taken"
  printf '  "sha256": "%s",\n' "$sum"
  printf '  "entries": %s,\n' "$count"
  printf '  "format": "tar.gz"\n}\n'
} >/work/manifest.json
run rclone copyto /work/manifest.json "store:$BUCKET/$key.json" --immutable
say ok "$key.tar.gz, $count entries, read back"
