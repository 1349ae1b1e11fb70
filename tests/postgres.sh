#!/bin/sh
# Makes sure that there is a PostgreSQL for the tests of the lake: Debian's where we may install it, else any that is there.
# They start one of their own with it; where there is none, they are left out.
command -v initdb >/dev/null 2>&1 && exit 0
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -q && exec apt-get install -y -q --no-install-recommends postgresql
fi
exit 1
