#!/usr/bin/env bash
# The generator against odata2ts from npm, on a corpus of public documents, in one run:
# CPU seconds and peak memory of generating, and of checking what comes out.
#
# usage: generator.sh [CORPUS]        CORPUS is ../shared/corpus if it is not given
#   PEER_TIMEOUT=420                  seconds after which odata2ts is given up on
#   PEER_DOCUMENTS="a.xml b.xml"      what odata2ts is tried on
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
corpus=${1:-$root/../shared/corpus}
corpus=$(cd "$corpus" 2>/dev/null && pwd) || { echo "there is no corpus at ${1:-$root/../shared/corpus}" >&2; exit 2; }
timeout=${PEER_TIMEOUT:-420}
peer_documents=${PEER_DOCUMENTS:-trippin_rw_v4.xml s4_api_business_partner_v2.xml graph_v1.0_v4.xml}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

cargo build --quiet --release --manifest-path "$root/Cargo.toml" --package odata-codegen
target=$(cargo metadata --quiet --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" |
    sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
codegen=$target/release/odata-codegen

# One processor: nothing may look faster because it uses both.
one_core=()
if command -v taskset >/dev/null; then one_core=(taskset -c 0); fi
measure() { "${one_core[@]}" python3 "$here/measure.py" "$@" 2>>"$log"; }
row() { printf '| %s |' "$1"; shift; printf ' %s |' "$@"; printf '\n'; }
lines_of() { find "$1" -name "$2" -type f -exec cat {} + 2>/dev/null | wc -l; }

generate() { # OUT DOCUMENT [OPTION…]
    local out=$1 document=$2
    shift 2
    "$codegen" generate --quiet --lenient --no-fetch --metadata "$document" --out "$out" \
        --name bench --runtime "$root" "$@"
}

# What a shell function does, as a command that can be measured.
cat >"$work/generate" <<SCRIPT
#!/usr/bin/env bash
out=\$1 document=\$2; shift 2
exec "$codegen" generate --quiet --lenient --no-fetch --metadata "\$document" --out "\$out" \
    --name bench --runtime "$root" "\$@"
SCRIPT
cat >"$work/corpus" <<SCRIPT
#!/usr/bin/env bash
find "$corpus" -name '*.xml' -o -name '*.json' | sort | while read -r document; do
    case \$document in */invalid_*) continue ;; esac
    rm -rf "$work/each"
    "$work/generate" "$work/each" "\$document" || { echo "\$document failed"; exit 1; }
done
SCRIPT
chmod +x "$work/generate" "$work/corpus"

echo "## Generating"
echo
echo "$(uname -sm), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1), one core;" \
    "$(rustc --version); node $(node --version 2>/dev/null || echo none); $(date -u +%Y-%m-%d)"
echo

mkdir "$work/peer"
peer=$work/peer/node_modules/.bin/odata2ts
if (cd "$work/peer" && npm init -y >/dev/null &&
    npm install --silent --no-audit --no-fund @odata2ts/odata2ts@0.34 typescript@5.9 >>"$log" 2>&1); then
    printf '{"compilerOptions":{"target":"ES2022","module":"ESNext","moduleResolution":"bundler","skipLibCheck":true}}\n' \
        >"$work/peer/tsconfig.json"
    printf '#!/usr/bin/env bash\ncd %q\nexec %q -s "$1" -o "$2" -m all -e ts -r\n' "$work/peer" "$peer" >"$work/odata2ts"
    chmod +x "$work/odata2ts"
else
    echo "odata2ts could not be installed; its columns are empty" >&2
    peer=
fi

row document "CPU s" MiB lines "odata2ts CPU s" "odata2ts MiB" "odata2ts lines" "ratio of CPU"
echo "|---|---|---|---|---|---|---|---|"
for name in $peer_documents; do
    document=$corpus/$name
    [ -f "$document" ] || { echo "$name is not in the corpus" >&2; continue; }
    read -r cpu rss code < <(measure 600 "$work/generate" "$work/ours" "$document")
    [ "$code" = 0 ] || { tail -n 20 "$log" >&2; exit 1; }
    lines=$(lines_of "$work/ours" '*.rs')
    peer_cpu=- peer_rss=- peer_lines=- ratio=-
    if [ -n "$peer" ]; then
        read -r peer_cpu peer_rss peer_code < <(measure "$timeout" "$work/odata2ts" "$document" "$work/theirs")
        ratio=$(python3 -c "print(f'{$peer_cpu / max($cpu, 0.01):.0f}')")
        peer_lines=$(lines_of "$work/theirs" '*.ts')
        if [ "$peer_code" != 0 ]; then peer_lines="fails ($peer_code)"; ratio="> $ratio"; fi
    fi
    row "$name" "$cpu" "$rss" "$lines" "$peer_cpu" "$peer_rss" "$peer_lines" "$ratio"
    rm -rf "$work/ours" "$work/theirs"
done
read -r cpu rss code < <(measure 600 "$work/corpus")
row "the whole corpus, a process per document" "$cpu" "$rss" - - - - -
[ "$code" = 0 ] || { tail -n 5 "$log" >&2; exit 1; }

echo
echo "## cargo check of what is generated, beyond its dependencies"
echo
row crate "CPU s" MiB lines
echo "|---|---|---|---|"
export CARGO_TARGET_DIR=$work/target CARGO_INCREMENTAL=0
one_core=()
check() { # TITLE DOCUMENT [OPTION…]
    local title=$1 document=$2 cpu rss code
    shift 2
    rm -rf "$work/crate"
    generate "$work/crate" "$document" "$@" 2>>"$log"
    cp "$root/Cargo.lock" "$work/crate/Cargo.lock"
    local cargo=(cargo check --quiet --all-features --manifest-path "$work/crate/Cargo.toml")
    # Dependencies first, without the crate: an empty one in its place.
    mv "$work/crate/src" "$work/src"
    mkdir "$work/crate/src" && touch "$work/crate/src/lib.rs"
    "${cargo[@]}" 2>>"$log"
    rm -r "$work/crate/src" && mv "$work/src" "$work/crate/src"
    touch "$work/crate/src/lib.rs"
    read -r cpu rss code < <(measure 1800 "${cargo[@]}")
    [ "$code" = 0 ] || { tail -n 20 "$log" >&2; return 1; }
    row "$title" "$cpu" "$rss" "$(lines_of "$work/crate/src" '*.rs')"
}
check "Dataverse 9.1, all" "$corpus/dynamics_crm_9.1_v4.xml"
check "Graph v1.0, all" "$corpus/graph_v1.0_v4.xml"
check "Graph v1.0, five sets" "$corpus/graph_v1.0_v4.xml" \
    --include users --include groups --include sites --include drives --include applications
