# mehdy/keepalived-exporter and VyOS: signals by number, files by name.
router > /run/k.conf
ip netns exec r1 "$BINARY" keepalived -f /run/k.conf
pid=$(cat /run/keepalived.pid)
until_true 15 has_address 10.0.0.254
for kind in JSON:json DATA:data STATS:stats; do
    kill -"$(keepalived --signum=${kind%:*})" "$pid"
    until_true 15 dumped "${kind#*:}"
done
python3 "$here/exporter.py" "$TMPDIR/keepalived.json"
grep -qx ' VRRP Instance = VI_1' "$TMPDIR/keepalived.data"
for line in 'State = MASTER' 'Wantstate = MASTER' 'Interface = eth0' 'Gratuitous ARP delay = 5' 'Virtual Router ID = 7' 'Virtual IP (1):'; do
    grep -qxF "   $line" "$TMPDIR/keepalived.data"
done
grep -qx '     10.0.0.254/24 dev eth0 scope global set' "$TMPDIR/keepalived.data"
grep -qx 'VRRP Instance: VI_1' "$TMPDIR/keepalived.stats"
# VyOS waits for the name to be closed after writing.
python3 "$here/close_write.py" "$TMPDIR/keepalived.json" "$pid" 36
stop "$pid"
