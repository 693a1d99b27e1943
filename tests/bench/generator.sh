#!/usr/bin/env bash
# The generator against odata2ts from npm, on a corpus of public documents, in one run:
# CPU seconds and peak memory of generating, and of checking what comes out.
#
# usage: generator.sh [CORPUS]        CORPUS is ../shared/corpus if it is not given; where that is
#                                     absent, the small documents of this repository are measured
#   RUNS=5                            how often each document is generated
#   CHECKS=3                          how often each crate is checked
#   PEER_TIMEOUT=120                  seconds after which odata2ts is given up on
#   PEER_DOCUMENTS="a.xml b.xml"      what odata2ts is tried on; the whole corpus takes it an hour
#   ONLY=generate|check               one of the two tables
#   TMPDIR=/dev/shm                   where all is written; a file system in memory leaves the disk out
#
# The tables go to standard output, then a line of JSON per row. Needs GNU time; without npm the
# columns of odata2ts are empty.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
runs=${RUNS:-5}
checks=${CHECKS:-3}
peer_timeout=${PEER_TIMEOUT:-120}
only=${ONLY:-}
# Small to large, of V2 and V4. odata2ts has no result for the last two, which is why they are here.
peer_documents=${PEER_DOCUMENTS:-trippin_rw_v4.xml northwind_v4.xml s4_api_business_partner_v2.xml
    datascope_extractions_v4.xml dynamics_crm_9.1_v4.xml graph_v1.0_v4.xml}

corpus=${1:-$root/../shared/corpus}
if [ -d "$corpus" ]; then
    corpus=$(cd "$corpus" && pwd)
elif [ $# -gt 0 ]; then
    echo "there is no corpus at $corpus" >&2
    exit 2
else
    echo "there is no corpus at $corpus: only the documents of the guide are measured" >&2
    corpus=$root/docs/documents
    peer_documents=${PEER_DOCUMENTS:-northwind.xml dynamics.xml sap.xml graph.xml}
fi
time=$(command -v gtime || echo /usr/bin/time)
"$time" --version 2>&1 | grep -q GNU || { echo "GNU time is not at $time" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
json=$work/json
: >"$log" >"$json"

# --- measuring

# One processor: nothing may look faster because it uses both.
one_core=()
if command -v taskset >/dev/null; then one_core=(taskset -c 0); fi

measure() { # SECONDS COMMAND…: sets cpu, mib (of the largest process) and code (124: timeout)
    local limit=$1
    shift
    code=0
    "${one_core[@]}" "$time" --quiet --output "$work/time" --format '%U %S %M' \
        timeout --foreground --kill-after 5 "$limit" "$@" >>"$log" 2>&1 || code=$?
    read -r cpu mib < <(awk '{ printf "%.2f %.0f\n", $1 + $2, $3 / 1024 }' "$work/time")
}

repeat() { # TIMES PREPARE COMMAND…: sets best and median CPU seconds, mib (the most), code
    local times=$1 prepare=$2 most=0
    shift 2
    : >"$work/runs"
    for ((run = 0; run < times; run++)); do
        "$prepare"
        measure 1800 "$@"
        if [ "$code" != 0 ]; then
            tail -n 20 "$log" >&2
            exit 1
        fi
        echo "$cpu" >>"$work/runs"
        if ((mib > most)); then most=$mib; fi
    done
    mib=$most
    read -r best median < <(sort -n "$work/runs" | awk '
        { cpu[NR] = $1 }
        END {
            low = cpu[int((NR + 1) / 2)]
            high = cpu[int(NR / 2) + 1]
            printf "%.2f %.2f\n", cpu[1], (low + high) / 2
        }')
}

# Times are known to 0.01 s: a time below that counts as that, which makes a ratio too low.
quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f", a / (b < 0.01 ? 0.01 : b) }'; }
lines_of() { find "$1" -name "$2" -type f -exec cat {} + 2>/dev/null | wc -l; }

# --- printing

machine="$(uname -sm), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
machine="$machine, $(getconf _NPROCESSORS_ONLN) processors"
versions="$(rustc --version); node $(node --version 2>/dev/null || echo none)"
date=$(date -u +%Y-%m-%d)

row() { printf '|'; printf ' %s |' "$@"; printf '\n'; }
note() { # BENCHMARK NAME FIELDS: a line of JSON
    printf '{"benchmark":"%s","of":"%s",%s,"machine":"%s","versions":"%s","date":"%s"}\n' \
        "$1" "$2" "$3" "$machine" "$versions" "$date" >>"$json"
}
ours_as_json() {
    printf '"cpu_seconds":{"best":%s,"median":%s,"runs":%s},"peak_mib":%s,"lines":%s' \
        "$best" "$median" "$1" "$mib" "$2"
}

# --- the two generators

cargo build --quiet --release --manifest-path "$root/Cargo.toml" --package odata-codegen
target=$(cargo metadata --quiet --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
generate=("$target/release/odata-codegen" generate --quiet --lenient --no-fetch
    --name bench --runtime "$root")

# A process per document, as a user starts it. What fails is written down and does not stop it.
cat >"$work/corpus" <<SCRIPT
#!/usr/bin/env bash
: >"$work/done" >"$work/failed"
find "$corpus" -type f \( -name '*.xml' -o -name '*.json' \) -not -name 'invalid_*' | sort |
    while read -r document; do
        if $(printf '%q ' "${generate[@]}") --metadata "\$document" --out "$work/all/\$((++number))"; then
            echo "\$document" >>"$work/done"
        else
            echo "\$document" >>"$work/failed"
        fi
    done
SCRIPT
chmod +x "$work/corpus"

# odata2ts wants a tsconfig.json where it runs, and a TypeScript before 7.
install_peer() {
    mkdir "$work/peer" && cd "$work/peer" && npm init -y &&
        npm install --no-audit --no-fund @odata2ts/odata2ts@0.34 typescript@5.9 &&
        echo '{"compilerOptions":{"target":"ES2022","module":"ESNext","moduleResolution":"bundler","skipLibCheck":true}}' \
            >tsconfig.json
}
peer=
if [ "$only" = check ]; then
    :
elif (install_peer) >>"$log" 2>&1; then
    peer=$work/peer/node_modules/.bin/odata2ts
    versions="$versions; odata2ts $(sed -n 's/^  "version": "\(.*\)",$/\1/p' \
        "$work/peer/node_modules/@odata2ts/odata2ts/package.json")"
else
    echo "odata2ts could not be installed; its columns are empty" >&2
fi

try_peer() { # DOCUMENT: sets peer_cpu, peer_mib, peer_says, ratio and peer_fields
    peer_cpu=- peer_mib=- peer_says=- ratio=- peer_fields='"peer":null'
    [ -n "$peer" ] || return 0
    local cpu mib code result=done lines
    # It renames (-r) what clashes, as we do; without, it refuses more.
    measure "$peer_timeout" env --chdir "$work/peer" "$peer" -s "$1" -o "$work/theirs" -m all -e ts -r
    lines=$(lines_of "$work/theirs" '*.ts')
    peer_cpu=$cpu peer_mib=$mib peer_says=$lines ratio=$(quotient "$cpu" "$median")
    local number=$ratio
    if [ "$code" = 124 ] || [ "$code" = 137 ]; then
        # What it had used by then is the least that it takes.
        result=timeout peer_says="no result within $peer_timeout s" ratio="> $number"
    elif [ "$code" != 0 ] || [ "$lines" = 0 ]; then
        result=failure peer_says=fails number=null ratio=-
    fi
    peer_fields=$(printf '"peer":{"result":"%s","cpu_seconds":%s,"peak_mib":%s,"lines":%s},"ratio_of_cpu":%s' \
        "$result" "$cpu" "$mib" "$lines" "$number")
}

# --- generating

# What a run before has written is put aside and deleted at the end: a file system that has just
# deleted thousands of files takes up to a millisecond to find a place for each new one (ext4).
mkdir "$work/aside"
clean() {
    local written
    for written in ours theirs all; do
        if [ -e "$work/$written" ]; then mv "$work/$written" "$work/aside/$((++aside))"; fi
    done
}
aside=0

generating() {
    echo
    echo "## Generating, on one core"
    echo
    row document "CPU s, best of $runs" "median" MiB lines "odata2ts CPU s" MiB lines "ratio of CPU"
    echo "|---|---|---|---|---|---|---|---|---|"
    for name in $peer_documents; do
        document=$corpus/$name
        [ -f "$document" ] || { echo "$name is not in the corpus" >&2; continue; }
        repeat "$runs" clean "${generate[@]}" --metadata "$document" --out "$work/ours"
        lines=$(lines_of "$work/ours" '*.rs')
        try_peer "$document"
        row "$name" "$best" "$median" "$mib" "$lines" "$peer_cpu" "$peer_mib" "$peer_says" "$ratio"
        note generate "$name" "$(ours_as_json "$runs" "$lines"),$peer_fields"
    done
    repeat "$runs" clean "$work/corpus"
    title="all $(wc -l <"$work/done") documents, a process each"
    lines=$(lines_of "$work/all" '*.rs')
    row "$title" "$best" "$median" "$mib" "$lines" - - - -
    note generate "$title" "$(ours_as_json "$runs" "$lines"),\"failed\":$(wc -l <"$work/failed")"
    clean
    if [ -s "$work/failed" ]; then
        echo "not generated:" >&2
        cat "$work/failed" >&2
    fi
}

# --- checking

crate=$work/crate
touch_crate() { touch "$crate/src/lib.rs"; }
check() { # TITLE DOCUMENT [OPTION…]
    local title=$1 document=$2
    shift 2
    [ -f "$document" ] || { echo "$document is not there" >&2; return 0; }
    rm -rf "$crate"
    "${generate[@]}" --metadata "$document" --out "$crate" "$@" >>"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; exit 1; }
    # The versions of dependencies that are tested here.
    cp "$root/Cargo.lock" "$crate/Cargo.lock"
    # As a user has it: the features that are on by default, nothing else.
    local cargo=(cargo check --quiet --manifest-path "$crate/Cargo.toml")
    # Dependencies first, with an empty crate in the place of this one.
    mv "$crate/src" "$work/src"
    mkdir "$crate/src" && touch "$crate/src/lib.rs"
    "${cargo[@]}" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; exit 1; }
    rm -r "$crate/src" && mv "$work/src" "$crate/src"
    repeat "$checks" touch_crate "${cargo[@]}"
    local lines
    lines=$(lines_of "$crate/src" '*.rs')
    row "$title" "$best" "$median" "$mib" "$lines"
    note check "$title" "$(ours_as_json "$checks" "$lines")"
}
checking() {
    echo
    echo "## cargo check of what is generated, beyond its dependencies"
    echo
    row crate "CPU s, best of $checks" "median" MiB lines
    echo "|---|---|---|---|---|"
    export CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=0
    one_core=()
    if [ "$corpus" = "$root/docs/documents" ]; then
        for name in $peer_documents; do check "$name" "$corpus/$name"; done
    else
        check "Dataverse 9.1, all" "$corpus/dynamics_crm_9.1_v4.xml"
        check "Graph v1.0, all" "$corpus/graph_v1.0_v4.xml"
        check "Graph v1.0, five sets" "$corpus/graph_v1.0_v4.xml" \
            --include users --include groups --include sites --include drives --include applications
    fi
}

echo "$machine; $versions; $date"
if [ "$only" != check ]; then generating; fi
if [ "$only" != generate ]; then checking; fi
echo
cat "$json"
