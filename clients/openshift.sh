# OpenShift's machine-config-operator: found by name, reloaded, asked whether it is in FAULT.
router > /run/k.conf
mkdir -p /run/bin; cp "$BINARY" /run/bin/keepalived
ip netns exec r1 /run/bin/keepalived -f /run/k.conf --dont-fork --vrrp --log-detail --log-console 2> /run/log &
until_true 15 has_address 10.0.0.254
pid=$(pgrep -o -x keepalived)
kill -HUP "$pid"
until_true 15 eval '[ "$(grep -c "is in force" /run/log)" -ge 2 ]'
kill -USR1 "$pid"
until_true 15 dumped data
untrue grep -q 'State = FAULT' "$TMPDIR/keepalived.data"
stop "$pid"
