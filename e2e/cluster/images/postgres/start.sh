# Starts Postgres on /data; settings of `postgres -c` may be given as arguments.
set -e
[ -e /data/PG_VERSION ] || cp -a /seed/. /data/
# A postmaster that was killed leaves its pid, which is 1 again.
rm -f /data/postmaster.pid
exec postgres -D /data -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
