#!/bin/sh
# Makes a migration, or with MODE=rollback takes it back, or with MODE=verify checks it again. One line of JSON tells of
# each step.
# Ends with 0 when it is done or there was nothing to do, 1 when it failed, 2 when there is no way to roll back,
# 3 when an applied migration's file was changed, 4 when locks were in the way, 5 when the server was out of reach.
set -eu
set +x

scripts=$(cd "$(dirname "$0")" && pwd)
export SLIPWAY_FILES="$scripts"
work=$(mktemp -d "${TMPDIR:-/tmp}/migrate.XXXXXX")
cd "$work"
began=$(date +%s)
child='' holder='' message='' outcome='' noted='' try=1 limit=400

elapsed() { echo $(($(date +%s) - began)); }

# What may be printed: short, without control characters, and never the password.
printable() {
  text=$(printf '%s' "$1" | tr -d '\000-\037')
  if [ -n "${PGPASSWORD:-}" ]; then
    case $text in *"$PGPASSWORD"*) text='hidden, for it held the password' ;; esac
  fi
  [ "${#text}" -le "$limit" ] || text=$(printf '%s' "$text" | tr -cd '\040-\176' | cut -c "1-$limit")
  printf '%s' "$text" | sed 's/\\/\\\\/g; s/"/\\"/g'
}

# line STEP STATUS DETAIL
line() {
  printf '{"migration": "%s", "step": "%s", "status": "%s", "seconds": %d, "detail": "%s"}\n' \
    "$MIGRATION" "$1" "$2" "$(elapsed)" "$(printable "$3")"
}

# fail CODE DETAIL
fail() {
  line "$(cat step)" failed "$2"
  exit "$1"
}

tidy() {
  [ -z "$child" ] || kill "$child" 2>/dev/null || :
  [ -z "$holder" ] || kill "$holder" 2>/dev/null || :
  cd / && rm -rf "$work"
}

stop() {
  fail 143 'told to stop'
}

pause() {
  sleep "$1" &
  child=$!
  wait "$child"
  child=''
}

psql_session() {
  exec psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"
}

# Sets message, and outcome from what psql wrote to the file `errors`. $1 is its exit status.
judge() {
  state=$(sed -nE 's/^.*[A-Z]+:  ([0-9A-Z]{5}): .*$/\1/p' errors | sed -n 1p)
  message=$(sed -nE 's/^.*[A-Z]+:  ([0-9A-Z]{5}: .*)$/\1/p' errors | sed -n 1p | sed 's/^SLW[0-9]*: //')
  [ -n "$message" ] || message=$(sed -n '1s/^psql: error: //p' errors)
  case $state in
    SLW*) limit=400 ;;
    *) limit=200 ;;
  esac
  case $1:$state:$message in
    0:*) outcome=ok ;;
    *:55P03:* | *:40001:* | *:40P01:*) outcome=busy ;;
    *:SLW03:*) outcome=refused ;;
    2:*'authentication failed'* | 2:*pg_hba* | 2:*'does not exist'*) outcome=failed ;;
    2:*) outcome=lost ;;
    *) outcome=failed ;;
  esac
}

# ask FILE: one session.
ask() {
  echo connect >step
  rm -f verdict
  psql_session --file="$scripts/$1" 2>errors 3>&- 4<&- &
  child=$! code=0
  wait "$child" || code=$?
  child=''
  judge "$code"
  verdict=$(cat verdict 2>/dev/null || :)
  [ "$verdict" != locked ] || outcome=locked
}

# Another migration of this database runs.
await() {
  [ "$(elapsed)" -lt "$WAIT_SECONDS" ] || fail 4 "another migration of this database still runs after $WAIT_SECONDS s"
  [ -n "$noted" ] || line lock waiting 'another migration of this database runs'
  noted=yes
  pause 1
}

# again CODE: before the next try, or not.
again() {
  if [ "$try" -ge "$TRIES" ] || [ "$(elapsed)" -ge "$TIMEOUT_SECONDS" ]; then
    fail "$1" "given up after $try tries: $message"
  fi
  line "$(cat step)" waiting "try $try of $TRIES: $message"
  pause $((try * PAUSE_SECONDS))
  try=$((try + 1))
}

# attempt FILE: anew while locks or the way to the server hinder it. False when it failed.
attempt() {
  while :; do
    ask "$1"
    case $outcome in
      ok) return 0 ;;
      locked) await ;;
      busy) again 4 ;;
      lost) again 5 ;;
      refused) fail 3 "$message" ;;
      *) return 1 ;;
    esac
  done
}

# A second session holds the lock while statements run that cannot be in a transaction. It asks for the lock again and
# again: a statement that waited for it would itself be waited for by a concurrent index.
hold() {
  while :; do
    echo lock >step
    rm -f asked answered
    mkfifo asked answered
    psql_session <asked >answered 2>errors &
    holder=$!
    exec 3>asked 4<answered
    say 'SET idle_session_timeout = 0; SET tcp_keepalives_idle = 10;'
    while say "SELECT pg_try_advisory_lock(hashtextextended('slipway:' || current_database(), 0));" &&
      read -r got <&4; do
      if [ "$got" = t ]; then
        line lock ok ''
        return 0
      fi
      await
    done
    code=0
    wait "$holder" || code=$?
    holder=''
    exec 3>&- 4<&-
    judge "$code"
    [ "$outcome" = lost ] || fail 1 "$message"
    again 5
  done
}

say() { printf '%s\n' "$1" >&3 2>/dev/null; }

held() {
  { say 'SELECT 1;' && read -r _ <&4; } || fail 5 'the session with the lock is lost'
}

# Statement by statement: an index that came out invalid is dropped and made once more.
build() {
  for round in 1 2; do
    held
    ask work.sql
    [ "$outcome" != ok ] || return 0
    [ "$round" = 2 ] || line "$(cat step)" waiting "once more: $message"
  done
  return 1
}

undo() {
  line "$(cat step)" failed "$message"
  held
  if [ -f "$scripts/undo.sql" ]; then
    attempt undo.sql || fail 1 "$message"
  fi
  exit 1
}

apply() {
  if [ -f "$scripts/apply.sql" ]; then
    attempt apply.sql || fail 1 "$message"
    return 0
  fi
  hold
  attempt before.sql || fail 1 "$message"
  [ "$verdict" = go ] || return 0
  build || undo
  held
  attempt after.sql || undo
}

rollback() {
  if [ ! -f "$scripts/undo.sql" ]; then
    echo rollback >step
    fail 2 'this migration declares no rollback file'
  fi
  [ -f "$scripts/apply.sql" ] || hold
  attempt undo.sql || fail 1 "$message"
}

verify() {
  if [ ! -f "$scripts/verify.sql" ]; then
    echo verification >step
    fail 2 'this migration declares no verification'
  fi
  attempt verify.sql || fail 1 "$message"
}

trap tidy EXIT
trap stop TERM INT
trap '' PIPE

case ${MODE:-apply} in
  apply) apply ;;
  rollback) rollback ;;
  verify) verify ;;
  *)
    echo mode >step
    fail 2 'MODE is neither apply, rollback nor verify'
    ;;
esac
