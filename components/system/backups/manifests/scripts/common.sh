# Read by every script here. DATABASE is the one that its lines are about; what programs say goes to a log, because
# one clear line is worth more than ten.
set -eu
umask 077
export LC_ALL=C
step=start
said=
log=/tmp/log
: >"$log"

say() { # status detail
  text=$(printf '%s' "$2" | tr '\n\t' '  ' | tr -cd ' -~' | cut -c 1-400 | sed 's/\\/\\\\/g; s/"/\\"/g')
  printf '{"backup":"%s","step":"%s","status":"%s","detail":"%s"}\n' "$DATABASE" "$step" "$1" "$text"
}

fail() { # detail
  said=yes
  say failed "$1"
  exit 1
}

reason() { # The first error in the log, without the query of a URL: a signed one carries a key.
  line=$(grep -m 1 -E 'error:|ERROR|FATAL|PANIC|Failed|No space left' "$log" || tail -n 1 "$log")
  line=$(printf '%s' "$line" | sed 's/?[^ "]*//g; s|^[0-9/]* [0-9:]* \([A-Z]* *: \)|\1|')
  printf '%s' "${line:-it ended without a word}"
}

run() { # A program that must succeed.
  "$@" >>"$log" 2>&1 || fail "$(reason)"
}

ended() { # What no line has told yet.
  code=$?
  [ "$code" = 0 ] || [ -n "$said" ] || say failed "$(reason)"
}
trap ended EXIT

digits() { # A time as fourteen digits, which compare as numbers.
  printf '%s' "$1" | tr -cd '0-9'
}

bytes() { # The size of a file.
  wc -c <"$1" | tr -cd '0-9'
}

sha256() {
  sha256sum "$1" | cut -d ' ' -f 1
}

field() { # One field of the manifest, which `dump.sh` writes line by line.
  sed -n "s/^  \"$1\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\$/\\1/p" /work/manifest.json | head -n 1
}
