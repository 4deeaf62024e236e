#!/bin/sh
# manage.py of an installation by docs/deploy.md, with its settings and as its user: dialer check --database default
set -eu
cd /opt/dialer
set -a
. /etc/dialer/environment
set +a
exec runuser -u dialer -- .venv/bin/python manage.py "$@"
