# T46: an address that was replaced in the file is gone: by a reload, by stop and start, by kill -9 and start.
start() { ip netns exec r1 "$BINARY" keepalived -f /run/k.conf; pid=$(cat /run/keepalived.pid); }
only() { has_address "$1" && ! has_address "$2"; }
router > /run/k.conf
start; until_true 15 has_address 10.0.0.254
sed -i 's/10.0.0.254/10.0.0.253/' /run/k.conf; kill -HUP "$pid"
until_true 15 only 10.0.0.253 10.0.0.254
stop "$pid"
sed -i 's/10.0.0.253/10.0.0.252/' /run/k.conf; start
until_true 15 only 10.0.0.252 10.0.0.253
kill -9 "$pid"; until_true 15 gone "$pid"
sed -i 's/10.0.0.252/10.0.0.251/' /run/k.conf; start
until_true 15 only 10.0.0.251 10.0.0.252
stop "$pid"
