#!/bin/sh
# Stands in for ffmpeg: notes the arguments, each ended by NUL, and becomes ffmpeg.
printf '%s\0' "$@" >"$BENCH_RECORD"
exec "$BENCH_FFMPEG" "$@"
