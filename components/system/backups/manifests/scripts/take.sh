# Brings the dump OBJECT, which somebody put into the bucket. SHA256, where it is set, is that of what was sent.
. /scripts/common.sh
. /scripts/store.sh
rm -f /work/dump

step=fetch
code=0
rclone copyto "store:$BUCKET/$OBJECT" /work/dump >>"$log" 2>&1 || code=$?
case $code in
  0 | 3 | 4) [ -f /work/dump ] || fail "there is no $OBJECT in the bucket $BUCKET" ;; # 4: no such file
  *) fail "$(reason)" ;;
esac
[ -z "${SHA256:-}" ] || [ "$(sha256 /work/dump)" = "$SHA256" ] || fail "$OBJECT is not what was sent: its sha256 is another"
say ok "$OBJECT, $(bytes /work/dump) bytes"
