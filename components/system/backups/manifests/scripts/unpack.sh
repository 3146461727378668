# Unpacks the newest archive, or the newest one at the time AT, into a new folder of the volume, beside what is there.
. /scripts/common.sh
. /scripts/store.sh
. /scripts/streams.sh
. /scripts/unpacked.sh
rm -f /work/manifest.json

step=fetch
fetch_manifest volume

folder="restored-$(date -u +%Y%m%d%H%M%S)"
unpack_into "$folder"
say ok "unpacked the archive of $taken into $folder: $(field entries) entries"
cat <<END
What the program uses is untouched. To put $folder in its place: stop the program, move its files into another folder of the
volume and those of $folder to where they were, and start it. Take away what is left then: it counts for the disk's size.
END
