#!/bin/sh
# Makes the precompressed siblings of the text files in a folder (default: the one of this script).
# Needs brotli, zstd and gzip; a tool that is missing is named and skipped. A sibling that is not
# smaller than its file is removed.
set -eu

folder=${1:-$(dirname "$0")}

sibling() { # FILE SUFFIX COMMAND...
    file=$1 suffix=$2
    shift 2
    if ! command -v "$1" >/dev/null; then
        echo "precompress.sh: $1 is missing, no $file$suffix" >&2
        return 0
    fi
    "$@" <"$file" >"$file$suffix"
    if [ "$(wc -c <"$file$suffix")" -ge "$(wc -c <"$file")" ]; then
        rm "$file$suffix"
    fi
}

for file in "$folder"/*.html "$folder"/*.css "$folder"/*.js "$folder"/*.svg "$folder"/*.txt; do
    [ -f "$file" ] || continue
    sibling "$file" .br brotli -q 11 -w 22 -c
    sibling "$file" .zst zstd -q -19 -c
    sibling "$file" .gz gzip -9 -n -c
done
