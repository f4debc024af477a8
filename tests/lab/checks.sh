# shellcheck shell=bash disable=SC2154,SC2034
# checks.sh - what tests/lab/check looks at in every lab. Sourced with $here, $lab, $LAB and $failed, which is 1 where anything failed.

# is WANTED COMMAND...: what the command prints, all of it.
is() {
    local found
    found=$(timeout 20 "${@:2}" 2>&1 </dev/null) || found+=" (status $?)"
    [[ $found == "$1" ]] || { echo "lab: '${*:2}' gave '$found' and not '$1'" >&2; failed=1; }
}

# The lab is gone, and whatever ran in it.
is_gone() {
    is "" "$lab" down
    is "" "$lab" hosts
    is "0 (status 1)" pgrep -fc "lab-n[eo].* /run/pxlaunch-lab/$LAB "
}

# up KIND N [PMIX]: a lab whose root is in the cache is there in seconds, and has that version of OpenPMIx.
up() {
    local begin took
    "$here/lab-root" "$1" >/dev/null
    begin=$SECONDS
    "$lab" up "$1" "$2"
    took=$((SECONDS - begin))
    echo "lab: $1 of $2 nodes was up after $took s"
    ((took <= 30)) || { echo "lab: error: that is more than 30 s" >&2; failed=1; }
    [[ -z ${3:-} ]] || is "$3" "$lab" exec n1 python3 -c 'import ctypes, re
version = ctypes.CDLL("libpmix.so.2").PMIx_Get_version
version.restype = ctypes.c_char_p
print(re.match(r"OpenPMIx ([\d.]*\d)", version().decode())[1])' # Debian says 5.0.7a1, and 4.2.2rc2
}
