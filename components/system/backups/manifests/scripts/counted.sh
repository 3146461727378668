# The rows of a dump, counted in its own text, so that what was restored is not compared with itself.

count_copies() { # SQL of pg_dump on stdin: lines as rows.sql writes them; `inserts` alone for rows that are statements
  awk '
    function name_at(text, from,    length_, result, char) { # an identifier; `at` is what comes after it
      if (substr(text, from, 1) != "\"") {
        length_ = match(substr(text, from), /[ .(]/) - 1
        at = from + length_
        return substr(text, from, length_)
      }
      result = ""
      for (at = from + 1; at <= length(text); at++) {
        char = substr(text, at, 1)
        if (char == "\"" && substr(text, at + 1, 1) != "\"") break
        if (char == "\"") at++
        result = result char
      }
      at++
      return result
    }
    function quoted(text,    i, char, result) {
      for (i = 1; i <= length(text); i++) {
        char = substr(text, i, 1)
        result = result (char == "\"" || char == "\\" ? "\\" char : char)
      }
      return "\"" result "\""
    }
    inside && $0 == "\\." { inside = 0; next }
    inside { rows[table]++; next }
    /^COPY .* FROM stdin;$/ {
      schema = name_at($0, 6)
      table = quoted(schema "." name_at($0, at + 1))
      inside = 1
      next
    }
    /^INSERT INTO / { inserts = 1; next }
    /^SELECT pg_catalog\.lo_open\(/ { objects++ }
    END {
      if (inserts) { print "inserts"; exit }
      if (inside) print "torn"
      if (objects) print "\"large objects\": " objects
      for (table in rows) print table ": " rows[table]
    }' | sort
}

check_counted() { # what count_copies found
  if grep -qx torn "$1"; then fail "the dump is truncated: it ends within a table"; fi
  [ -s "$1" ] || fail "the dump has no rows"
}

check_taken() { # tags of psql, counted: each statement's rows are there, by the server's own word
  tags=$(awk '/^INSERT 0 [0-9]+$/ { rows += $3 } /^COPY [0-9]+$/ { rows += $2 } END { printf "%d", rows }' "$1")
  rows=$(awk '!/^"large objects": / { rows += $NF } END { printf "%d", rows }' "$2")
  [ "$tags" = "$rows" ] || fail "the dump has $tags rows, and $rows of them were found again"
}

roles_of() { # plain SQL: the roles that it names, as SQL literals
  sed -n -e 's/^ALTER .* OWNER TO \(.*\);$/\1/p' -e 's/^GRANT .* TO \(.*\);$/\1/p' \
    -e 's/^REVOKE .* FROM \(.*\);$/\1/p' -e 's/^ALTER DEFAULT PRIVILEGES FOR ROLE \([^ ]*\) .*$/\1/p' "$1" |
    sed -e 's/ WITH GRANT OPTION$//' | sort -u | grep -vx PUBLIC | sed -e "s/'/''/g" -e "s/.*/'&'/" || true
}
