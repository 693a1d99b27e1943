#!/usr/bin/env bash
# Runs fuzz targets one after another: ./run.sh SECONDS [TARGET…]
# With KEEP=1, what a run has found worth keeping goes to corpora/, which tests of the workspace read.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:?"usage: ./run.sh SECONDS [TARGET…]"}
shift
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    targets=(csdl_xml csdl_json generate literal filter path batch body payload atom task_body preset mp4 mp4_index)
fi

# Documents of the repository; a directory with others, such as real ones, is in FUZZ_DOCUMENTS.
seeds_of() {
    case $1 in
        csdl_xml | generate)
            mkdir -p "seeds/$1"
            for document in everything.xml ../docs/documents/*.xml ../codegen/tests/golden/*/metadata.xml \
                ${FUZZ_DOCUMENTS:+"$FUZZ_DOCUMENTS"/*.xml}; do
                # Long documents take long, and say little that short ones do not.
                if [ "$(wc -c <"$document")" -le 40000 ]; then
                    cp "$document" "seeds/$1/$(echo "$document" | tr '/.' '__')"
                fi
            done
            ;;
    esac
}

# What earlier runs have found is kept in corpora/, a line of Base64 for each input.
unpack() {
    local number=0 line
    [ -f "corpora/$1" ] || return 0
    while read -r line; do
        number=$((number + 1))
        base64 --decode <<<"$line" >"corpus/$1/kept-$number"
    done <"corpora/$1"
}

# As few short inputs as reach all that those of a run reach, in the order of their bytes.
pack() {
    local short=corpus/$1.short kept=corpus/$1.kept
    rm -rf "$short" "$kept" && mkdir -p "$short" "$kept" corpora
    find "corpus/$1" -type f -size -"${KEEP_BYTES:-400}"c -exec cp -t "$short" {} +
    cargo fuzz run "$1" "$kept" "$short" -- -set_cover_merge=1
    find "$kept" -type f -exec base64 --wrap=0 {} \; -exec echo \; | LC_ALL=C sort -u >"corpora/$1"
    rm -rf "$short" "$kept"
}

export RUSTC_BOOTSTRAP=${RUSTC_BOOTSTRAP:-1}
cargo fuzz build
for target in "${targets[@]}"; do
    seeds_of "$target"
    mkdir -p "corpus/$target"
    unpack "$target"
    case $target in
        csdl_* | generate) limits=(-max_len=40000 -timeout=20) ;;
        *) limits=(-max_len=4096 -timeout=10) ;;
    esac
    cargo fuzz run "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -rss_limit_mb=2048 "${limits[@]}"
    if [ -n "${KEEP:-}" ]; then pack "$target"; fi
done
