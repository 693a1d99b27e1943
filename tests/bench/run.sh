#!/usr/bin/env bash
# Benchmarks of the client and the service against bare programs; see README.md beside this file.
# Arguments are passed on: `tests/bench/run.sh --help` lists them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Where the shell was is what relative paths in the arguments mean.
manifest=$here/../../Cargo.toml

cargo build --quiet --release --manifest-path "$manifest" --workspace --bin mediad --example bench
target=$(cargo metadata --quiet --format-version 1 --no-deps --manifest-path "$manifest" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

BENCH_FFMPEG=${FFMPEG:-$(command -v ffmpeg || { echo "ffmpeg is not in the PATH" >&2; exit 1; })}
BENCH_RECORD=$(mktemp)
trap 'rm -f "$BENCH_RECORD"' EXIT
export BENCH_FFMPEG BENCH_RECORD
export FFMPEG=$here/record-ffmpeg.sh MEDIAD=$target/release/mediad

echo "$(uname -sm), $(getconf _NPROCESSORS_ONLN) processors; $("$BENCH_FFMPEG" -version | head -n 1)"
"$target/release/examples/bench" "$@"
