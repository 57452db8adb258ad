# Starts Postgres on /data; settings of `postgres -c` may be given as arguments.
set -e
# With STANDBY_OF (the address of another such container) it begins as a copy of that one, and follows it.
if [ ! -e /data/PG_VERSION ]; then
  if [ -n "$STANDBY_OF" ]; then
    PGPASSWORD=postgres pg_basebackup --checkpoint=fast --host="$STANDBY_OF" --username=postgres --pgdata=/data --write-recovery-conf
  else
    cp -a /seed/. /data/
  fi
fi
# A postmaster that was killed leaves its pid, which is 1 again.
rm -f /data/postmaster.pid
exec postgres -D /data -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
