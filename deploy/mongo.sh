#!/bin/bash
# Members of a replica set know each other by a key, which mongod wants in a file that nobody else can read.
set -euo pipefail
key=/data/configdb/key
rm -f "$key"
(umask 377 && printf %s "$MONGO_KEY" >"$key")
chown mongodb:mongodb "$key"
unset MONGO_KEY
exec docker-entrypoint.sh mongod --replSet chat --keyFile "$key" --bind_ip_all
