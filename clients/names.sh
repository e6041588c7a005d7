# T38: names byte for byte, also odd ones, in all dumps; who is stopped is not told as master.
is_master() { "$BINARY" status 2> /dev/null | grep MASTER > /dev/null; }
router | sed 's/VI_1/"a\/b é.{x}"/; s/10.0.0.254\/24 dev eth0/&\n        10.0.0.253\/24 dev eth0/' > /run/k.conf
ip netns exec r1 "$BINARY" keepalived -f /run/k.conf
pid=$(cat /run/keepalived.pid)
until_true 15 has_address 10.0.0.253
kill -36 "$pid"; until_true 15 dumped json
kill -12 "$pid"; until_true 15 dumped stats
python3 -c 'import json,sys; d = json.load(open(sys.argv[1]))[0]["data"]; assert d["iname"] == "a/b é.{x}" and len(d["vips"]) == 2, d' "$TMPDIR/keepalived.json"
grep -qxF 'VRRP Instance: a/b é.{x}' "$TMPDIR/keepalived.stats"
is_master
stop "$pid"
untrue is_master
