# shellcheck shell=bash
# Processes that are recorded in files as "PID START", so that nobody else is taken for them. For tests/lab/lab.

# is_alive PID START: that process, and not another one that has its number now.
is_alive() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -r -a stat <<<"${stat##*) }"
    [[ ${stat[0]} != Z && ${stat[19]} == "$2" ]]
}

# pid_of FILE: of a process that was recorded there and lives.
pid_of() {
    local pid start
    read -r pid start 2>/dev/null <"$1" && is_alive "$pid" "$start" && echo "$pid"
}
