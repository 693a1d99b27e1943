#!/usr/bin/env bash
# What streams cost, beside nginx sending the same bytes as plain files; see README.md beside this
# file. One processor serves, another asks.
#
# usage: tests/bench/stream.sh [OPTION…]
#   --only-fragments       how fast fragments are sent
#   --protocol NAME        only fragments of protocols whose name begins like this
#   --only-library         manifests, first fragments and memory, with a thousand films of an hour
#   --seconds SECONDS      how long each server is asked for fragments of one kind in a round (4)
#   --rounds NUMBER        how often the servers are asked, in turn; medians count (3)
#   --films NUMBER         how many films of an hour are published (1000)
#   --nginx-vod FILE       an nginx with nginx-vod-module compiled in, to be measured, too;
#                          or NGINX_VOD=FILE
#
# Tables go to standard output, then a line of JSON per row (lines that begin with `{`). Needs Linux
# with two processors, and on Debian: apt install nginx-light wrk ffmpeg util-linux
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Where the shell was is what relative paths in the arguments mean.
manifest=$here/../../Cargo.toml

for argument in "$@"; do
    if [ "$argument" = --help ] || [ "$argument" = -h ]; then
        sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
        exit
    fi
done

# Debian has nginx where only root looks.
PATH=$PATH:/usr/local/sbin:/usr/sbin
missing=
while read -r tool package; do
    command -v "$tool" >/dev/null || missing+=" $package"
done <<'TOOLS'
nginx nginx-light
wrk wrk
ffmpeg ffmpeg
taskset util-linux
TOOLS
if [ -n "$missing" ]; then
    echo "not everything that is needed is installed (Debian: apt install$missing)" >&2
    exit 2
fi
for processor in 0 1; do
    taskset -c "$processor" true 2>/dev/null ||
        { echo "processor $processor cannot be used: one serves, another asks" >&2; exit 2; }
done

cargo build --quiet --release --manifest-path "$manifest" --workspace --bin mediad --example streams
target=$(cargo metadata --quiet --format-version 1 --no-deps --manifest-path "$manifest" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# A service that starts on one processor takes as many threads as fit one.
pinned=$(mktemp)
trap 'rm -f "$pinned"' EXIT
printf '#!/bin/sh\nexec taskset -c 0 %q "$@"\n' "$target/release/mediad" >"$pinned"
chmod +x "$pinned"
export MEDIAD=$pinned

echo "$(uname -sm), $(getconf _NPROCESSORS_ONLN) processors; $(nginx -v 2>&1);" \
    "TCP with $(cat /proc/sys/net/ipv4/tcp_congestion_control); load $(cut -d' ' -f1 /proc/loadavg)"
"$target/release/examples/streams" "$@"
