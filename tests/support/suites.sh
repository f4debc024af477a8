# shellcheck shell=bash disable=SC2034,SC2154
# suites.sh - what tests/run does for a label: build, run the tests, collect the reports.
# Sourced in the tree with $builds set; leaves the JUnit files in $reports, and 1 in $failed where anything failed.
reports=() failed=0
# A clone elsewhere compiles the same: ccache may know it by paths relative to the tree.
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1

built() {
    cmake --preset "$1" -B "$builds/$1" >"$builds/$1.log" 2>&1 || { cat "$builds/$1.log" >&2; exit 1; }
    cmake --build "$builds/$1" -- -k 0
}

# suite PRESET LABEL...: build that preset and run the tests with those labels.
suite() {
    local IFS='|' build=$builds/$1 report=$builds/$1/report-$1-$2${PX_LAB_KIND:-}.xml
    built "$1"
    reports+=("$report") && rm -f "$report"
    ctest --test-dir "$build" -j"$(nproc)" -L "^(${*:2})\$" --output-on-failure --no-tests=error \
        --output-junit "$report" || failed=1
}

# in_root SUITE COMMAND...: in the Debian root of that name, which builds below that name.
in_root() {
    mkdir -p "$builds/$1"
    tests/lab/in "$(tests/lab/root "$1")" "$builds/$1" "${@:2}"
}

# on_nodes LABEL "ROOT..." BUILD...: the tests that start their own labs, with what these roots build; the first is theirs.
# No test waits for what its nodes are made of.
on_nodes() {
    local name kinds=${1/matrix/prrte prrte5}
    for name in ${kinds/separated/separated slurm-separated slurm22-separated}; do tests/lab/lab-root "$name" >/dev/null || { failed=1; return; }; done
    for name in $2; do in_root "$name" tests/lab/build-programs "${@:3}" || { failed=1; return; }; done
    PX_LAB_BUILD=$builds/${2%% *} suite dev "$1"
}
