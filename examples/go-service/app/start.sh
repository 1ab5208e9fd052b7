#!/bin/sh
# A file of an app may have 10 MB, and the folder of the release is read-only to it: the program travels packed.
set -eu
gzip -dc go-service.gz >/tmp/go-service
chmod +x /tmp/go-service
exec /tmp/go-service
