#!/usr/bin/env bash
# What streams cost, beside nginx sending the same bytes as plain files; see README.md beside this
# file. One processor serves, another asks. Arguments are passed on: `tests/bench/stream.sh --help`.
# NGINX_VOD names an nginx with nginx-vod-module, which is then measured, too.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Where the shell was is what relative paths in the arguments mean.
manifest=$here/../../Cargo.toml

for tool in nginx wrk taskset ffmpeg; do
    command -v "$tool" >/dev/null || { echo "$tool is not in the PATH" >&2; exit 1; }
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

echo "$(uname -sm), $(getconf _NPROCESSORS_ONLN) processors; $(nginx -v 2>&1); load $(cut -d' ' -f1 /proc/loadavg)"
"$target/release/examples/streams" "$@"
