# Whether what was fetched is what was dumped.
check_dump() {
  step=check
  size=$(bytes /work/dump)
  [ "$size" != 0 ] || fail "the dump is empty"
  [ "$size" -ge "$(field size)" ] || fail "the dump is truncated: $size of $(field size) bytes"
  [ "$(sha256 /work/dump)" = "$(field sha256)" ] || fail "the dump is corrupt: its sha256 is not the manifest's"
  sed -n 's/^    \(".*": [0-9]*\),\{0,1\}$/\1/p' /work/manifest.json >/work/rows
}
