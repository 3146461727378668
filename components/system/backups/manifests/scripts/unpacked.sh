# An archive unpacked into a new folder of the disk at /volume, of which nothing is left unless all of it is there.
unpack_into() { # folder
  step=unpack
  run mkdir "/volume/$1"
  rm -f /tmp/torn
  begin_sum
  rclone cat "store:$BUCKET/$key.tar.gz" 2>>"$log" | tee /tmp/copy |
    { tar -C "/volume/$1" -xzpf - 2>>"$log" || touch /tmp/torn; drain; }
  end_sum
  if [ -e /tmp/torn ] || [ "$sum" != "$(field sha256)" ]; then
    why="the archive is corrupt, or does not fit: $(torn)"
    rm -rf "/volume/$1"
    fail "$why"
  fi
}
