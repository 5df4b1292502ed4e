#!/bin/bash
# Members of a replica set authenticate each other with a key. mongod requires that only its own user can read the file.
set -euo pipefail
key=/data/configdb/key
rm -f "$key"
(umask 377 && printf %s "$MONGO_KEY" >"$key")
chown mongodb:mongodb "$key"
unset MONGO_KEY
exec docker-entrypoint.sh mongod --replSet chat --keyFile "$key" --bind_ip_all
