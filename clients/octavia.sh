# OpenStack Octavia (PyPI): its template, forked and found by a pid file. Its routes hold a real mistake, which is told.
"$PYTHON" "$here/octavia_template.py" | sed 's/eth1/eth0/' > /run/k.conf
ip netns exec r1 "$BINARY" keepalived --log-facility=1 -f /run/k.conf -p /run/octavia.pid
pid=$(head -1 /run/octavia.pid)
kill -0 "$pid"
{ "$BINARY" check /run/k.conf || true; } | grep gateway
stop "$pid"
