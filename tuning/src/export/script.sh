#!/bin/sh
# Written by `ringtune export --format sh`: check, apply and roll back without the binary.
#
#   sh ringtune.sh check                  0 everything is as wanted, 1 something differs
#   sh ringtune.sh apply [--allow-lower]  originals to the journal first, write, read back
#   sh ringtune.sh rollback               originals back where the value is still ours
#
# STATE is the folder of the journal (default /var/lib/ringtune-sh), ROOT another root.
set -u
LC_ALL=C
export LC_ALL
ROOT=${ROOT:-}
STATE=${STATE:-$ROOT/var/lib/ringtune-sh}
JOURNAL=$STATE/journal
LOCK=$STATE/lock

# operation|file|wanted
table() {
    cat <<'ROWS'
@TABLE@
ROWS
}

say() { printf '%s\n' "ringtune.sh: $*" >&2; }

# The value of a file with single blanks; of a choice such as `always [madvise] never` the
# chosen word.
current() {
    [ -r "$ROOT$1" ] || return 1
    tr '\t\n' '  ' <"$ROOT$1" | sed 's/.*\[\(.*\)\].*/\1/; s/  */ /g; s/^ //; s/ $//'
}

# What to have: operation, current, wanted. Numbers are compared one by one, by awk, because
# they may be larger than the shell's.
target() {
    case $1 in
    set) printf '%s\n' "$3" ;;
    *) printf '%s\n%s\n' "$2" "$3" | awk -v operation="$1" '
        # Numbers of equal length compare as texts, without rounding.
        function less(a, b) {
            if (a ~ /^-/ || b ~ /^-/) return a + 0 < b + 0
            if (length(a) != length(b)) return length(a) < length(b)
            return (a "") < (b "")
        }
        NR == 1 { parts = split($0, now, " ") }
        NR == 2 {
            split($0, want, " ")
            for (i = 1; i <= parts; i++) {
                kept = now[i]
                if (operation == "raise" && less(now[i], want[i])) kept = want[i]
                if (operation == "lower" && less(want[i], now[i])) kept = want[i]
                printf "%s%s", (i > 1 ? " " : ""), kept
            }
            print ""
        }' ;;
    esac
}

# Every row whose file is there and whose value differs: operation|file|before|after
differences() {
    table | while IFS='|' read -r operation file wanted; do
        [ -n "$operation" ] || continue
        now=$(current "$file") || continue
        after=$(target "$operation" "$now" "$wanted")
        [ "$now" = "$after" ] || printf '%s|%s|%s|%s\n' "$operation" "$file" "$now" "$after"
    done
}

check() {
    found=$(differences)
    table | while IFS='|' read -r operation file wanted; do
        [ -n "$operation" ] || continue
        if ! now=$(current "$file"); then
            printf 'N/A %s\n' "$file"
            continue
        fi
        after=$(target "$operation" "$now" "$wanted")
        if [ "$now" = "$after" ]; then
            printf 'OK %s %s\n' "$file" "$now"
        else
            printf 'DRIFT %s %s -> %s\n' "$file" "$now" "$after"
        fi
    done
    [ -z "$found" ]
}

# A folder is made by one process only. A lock whose holder is gone is taken over.
lock() {
    mkdir -p "$STATE" || { say "the state folder $STATE cannot be made; run as root"; exit 3; }
    if ! mkdir "$LOCK" 2>/dev/null; then
        holder=$(cat "$LOCK/pid" 2>/dev/null)
        if [ -z "$holder" ] || kill -0 "$holder" 2>/dev/null; then
            say "another run (pid ${holder:-unknown}) has $LOCK; wait until it ends"
            exit 3
        fi
        rm -f "$LOCK/pid"
    fi
    printf '%s\n' "$$" >"$LOCK/pid"
    trap 'rm -f "$LOCK/pid"; rmdir "$LOCK"' EXIT
    trap 'exit 3' HUP INT TERM
}

# What the journal says of each key, as file|before|held|flight. Its lines are o|file|before|after
# for an original, c when all of a run are there, w|file|held after a write, and . at the end of
# each line: a line without it was never completed. flight is 1 for the first key that was to
# be written and is not known to have been.
entries() {
    [ -f "$JOURNAL" ] || return 0
    awk -F'|' '
        $NF != "." { next }
        $1 == "o" {
            writing = 0
            if (!($2 in before)) { before[$2] = $3; order[++count] = $2 }
            waiting[$2] = ++turn
        }
        $1 == "c" { writing = 1 }
        $1 == "w" { held[$2] = $3; wrote[$2] = 1; delete waiting[$2] }
        END {
            first = ""
            for (file in waiting)
                if (first == "" || waiting[file] < waiting[first]) first = file
            for (i = 1; i <= count; i++) {
                file = order[i]
                flight = (writing && file == first)
                printf "%s|%s|%s|%s|%s\n", file, before[file], held[file], wrote[file] + 0, flight + 0
            }
        }' "$JOURNAL"
}

# Whether the value is our work: before, held, wrote, flight, now
ours() {
    if [ "$3" = 1 ] && [ "$5" = "$2" ]; then return 0; fi
    [ "$4" = 1 ] && [ "$5" != "$1" ]
}

# Keeps what is still ours, so that a run begins with a journal that is true.
settle() {
    entries | while IFS='|' read -r file before held wrote flight; do
        now=$(current "$file") || continue
        if [ "$now" != "$before" ] && ours "$before" "$held" "$wrote" "$flight" "$now"; then
            printf 'o|%s|%s|%s|.\nw|%s|%s|.\n' "$file" "$before" "$now" "$file" "$now"
        fi
    done >"$JOURNAL.new"
    sync
    mv "$JOURNAL.new" "$JOURNAL"
}

apply() {
    lock
    settle || exit 3
    changes=$(differences | if [ "${1:-}" = --allow-lower ]; then cat; else grep -v '^lower|'; fi)
    [ -n "$changes" ] || { echo 'nothing to do'; return 0; }
    {
        printf '%s\n' "$changes" | while IFS='|' read -r _ file before after; do
            printf 'o|%s|%s|%s|.\n' "$file" "$before" "$after"
        done
        printf 'c|.\n'
    } >>"$JOURNAL" || { say "the journal $JOURNAL cannot be written; nothing was changed"; exit 3; }
    sync
    failed=0
    while IFS='|' read -r _ file before after; do
        if printf '%s\n' "$after" 2>/dev/null >"$ROOT$file"; then refused=0; else refused=1; fi
        held=$(current "$file") || held=$before
        printf 'w|%s|%s|.\n' "$file" "$held" >>"$JOURNAL"
        if [ "$held" = "$after" ]; then
            printf 'set %s %s -> %s\n' "$file" "$before" "$held"
        elif [ "$refused" = 1 ]; then
            say "$file: refused $after"
            failed=1
        else
            say "$file: asked for $after, the kernel holds $held"
            failed=1
        fi
    done <<CHANGES
$changes
CHANGES
    sync
    return "$failed"
}

rollback() {
    [ -f "$JOURNAL" ] || { echo 'nothing to roll back'; return 0; }
    lock
    stuck=0
    # Last first: what was set last may depend on what was set first.
    kept=$(entries | awk '{ line[NR] = $0 } END { for (i = NR; i; i--) print line[i] }')
    while IFS='|' read -r file before held wrote flight; do
        [ -n "$file" ] || continue
        now=$(current "$file") || { say "$file: cannot be read"; stuck=1; continue; }
        if [ "$now" = "$before" ]; then
            continue
        elif ! ours "$before" "$held" "$wrote" "$flight" "$now"; then
            printf 'left %s: somebody set %s\n' "$file" "$now"
        elif printf '%s\n' "$before" 2>/dev/null >"$ROOT$file" && [ "$(current "$file")" = "$before" ]; then
            printf 'back %s %s -> %s\n' "$file" "$now" "$before"
        else
            say "$file: cannot be restored to $before"
            stuck=1
        fi
    done <<ENTRIES
$kept
ENTRIES
    [ "$stuck" = 0 ] || return 3
    rm -f "$JOURNAL"
}

case ${1:-} in
check) check ;;
apply) shift; apply "$@" ;;
rollback) rollback ;;
*) say 'usage: ringtune.sh check | apply [--allow-lower] | rollback'; exit 2 ;;
esac
