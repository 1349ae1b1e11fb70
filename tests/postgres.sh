#!/bin/sh
# Whether there is a PostgreSQL for the tests of the lake, which start one of their own with it; without, they are left out. To
# install it takes longer than they do: on Debian, apt-get install postgresql.
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
