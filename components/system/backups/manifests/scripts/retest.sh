# Restores the newest archive onto an empty disk and counts what is there: the proof that it is a backup.
. /scripts/common.sh
. /scripts/store.sh
. /scripts/streams.sh
. /scripts/unpacked.sh
rm -f /work/manifest.json

step=fetch
fetch_manifest volume
unpack_into restored

step=compare
wanted=$(field entries)
count=$(find /volume/restored -print0 | tr -cd '\0' | wc -c | tr -cd '0-9')
lines=$(find /volume/restored | wc -l | tr -cd '0-9')
# Some tars list a name with a line break in two lines, and that is how entries were counted.
[ "$count" = "$wanted" ] || [ "$lines" = "$wanted" ] || fail "entries differ: the archive should hold $wanted, and $count were restored"
say ok "restored the archive of $taken: $count entries"
