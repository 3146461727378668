# Brings the newest dump, or the newest one at the time AT.
. /scripts/common.sh
. /scripts/store.sh
rm -f /work/manifest.json /work/dump

step=fetch
fetch_manifest database
code=0
rclone copyto "store:$BUCKET/$key.dump" /work/dump >>"$log" 2>&1 || code=$?
case $code in
  0 | 3 | 4) [ -f /work/dump ] || fail "the dump is missing beside its manifest: $key.dump" ;; # 4: no such file
  *) fail "$(reason)" ;;
esac
say ok "$key.dump of $taken"
