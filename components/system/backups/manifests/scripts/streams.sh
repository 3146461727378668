# The digest of what passes through `tee /tmp/copy`.
begin_sum() {
  rm -f /tmp/copy /tmp/sum
  mkfifo /tmp/copy
  sha256sum </tmp/copy >/tmp/sum 2>>"$log" &
  summing=$!
}

end_sum() {
  wait "$summing" || fail "$(reason)"
  sum=$(cut -d ' ' -f 1 /tmp/sum)
}

drain() { # What tar leaves behind the end of an archive, so that the digest is of all of it.
  cat >/dev/null
}

torn() { # The first complaint of tar.
  line=$(grep -m 1 '^tar: ' "$log" || true)
  printf '%s' "${line:-$(reason)}"
}
