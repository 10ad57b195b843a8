# Waiting for servers that scripts start. To be sourced.

# Waits until a server has written a line with WORD, its address for example, to FILE. Where the process PID ends before that, or a
# minute passes, the server's LOG is shown, and the script fails.
#
#     listening FILE WORD PID LOG
listening() {
    local file=$1 word=$2 pid=$3 log=$4
    for _ in $(seq 600); do
        grep -q "$word" "$file" 2> /dev/null && return
        kill -0 "$pid" 2> /dev/null || break
        sleep 0.1
    done
    echo "the server did not begin; its log:" >&2
    cat "$log" >&2
    return 1
}
