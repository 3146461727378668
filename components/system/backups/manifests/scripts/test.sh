# Restores the fetched dump into a scratch server and counts its rows: the proof that it is a backup.
. /scripts/common.sh
. /scripts/scratch.sh
. /scripts/restored.sh
. /scripts/fetched.sh
rm -rf /work/scratch
check_dump

step=restore
start_scratch
restore_scratch /work/dump

step=compare
compare_rows /work/rows /work/restored
say ok "restored the dump of $(field taken_at): $(total /work/restored)"
