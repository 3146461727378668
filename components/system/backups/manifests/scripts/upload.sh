# Sends a dump to its final key and its manifest last: the bucket is locked, so nothing can be renamed or deleted, and a
# dump without a manifest is none.
. /scripts/common.sh
. /scripts/store.sh

send() { # key
  run rclone copyto "/work/out/$1" "store:$BUCKET/$1" --immutable
  rclone lsf --format sh --separator ' ' --hash MD5 "store:$BUCKET/$1" >/tmp/sent 2>>"$log" || fail "$(reason)"
  read -r size hash </tmp/sent || true
  [ "$size" = "$(bytes "/work/out/$1")" ] || fail "the store holds $size bytes of $1"
  # Of a file encrypted by a key of the store's own, it tells something else in place of a hash.
  [ "${RCLONE_IGNORE_CHECKSUM:-}" = true ] || [ "${#hash}" != 32 ] ||
    [ "$hash" = "$(md5sum "/work/out/$1" | cut -d ' ' -f 1)" ] || fail "the store holds other bytes of $1"
}

step=upload
key=$(cat /work/key)
send "$key.dump"
send "$key.json"
say ok "$key.dump"
