#!/usr/bin/env bash
# Runs fuzz targets one after another: ./run.sh SECONDS [TARGET…]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds=${1:?"usage: ./run.sh SECONDS [TARGET…]"}
shift
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
    targets=(csdl_xml csdl_json generate literal filter path batch body payload atom task_body preset)
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

export RUSTC_BOOTSTRAP=${RUSTC_BOOTSTRAP:-1}
cargo fuzz build
for target in "${targets[@]}"; do
    seeds_of "$target"
    mkdir -p "corpus/$target"
    case $target in
        csdl_* | generate) limits=(-max_len=40000 -timeout=20) ;;
        *) limits=(-max_len=4096 -timeout=10) ;;
    esac
    cargo fuzz run "$target" "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -rss_limit_mb=2048 "${limits[@]}"
done
