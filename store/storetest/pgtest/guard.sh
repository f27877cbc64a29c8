# Runs one PostgreSQL cluster for as long as its standard input stays open.
#
# usage: sh guard.sh BIN DIR OPTIONS
# stdin: one port a line; each line is one attempt to start on that port
# stdout: "ready" after initdb, then "up" or "down" for each attempt
#
# The parent holds the other end of stdin. When the parent ends, even by
# SIGKILL, the read below sees the end of the file, and the server goes.
bin=$1 dir=$2 options=$3

clean() {
	trap - EXIT
	"$bin/pg_ctl" -D "$dir/data" -m immediate -w -t 30 stop >/dev/null 2>&1
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

"$bin/initdb" -D "$dir/data" --username=postgres --pwfile="$dir/password" \
	--auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync --no-instructions \
	>>"$dir/server.log" 2>&1 || { echo failed; read -r _; exit 1; }
echo ready

while read -r port; do
	if "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 \
		-o "$options -p $port" start >/dev/null 2>&1; then
		echo up
	else
		echo down
	fi
done
