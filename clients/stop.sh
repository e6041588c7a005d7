# A stop script of eight seconds: neutron kills after five, OpenShift and systemd have clocks of their own.
router | sed 's/advert_int 0.2/&\n    notify_stop "\/bin\/sleep 8"/' > /run/k.conf
ip netns exec r1 "$BINARY" keepalived -f /run/k.conf
pid=$(cat /run/keepalived.pid)
until_true 15 has_address 10.0.0.254
begin=$(date +%s%N); kill "$pid"; until_true 15 gone "$pid"
took=$((($(date +%s%N) - begin) / 1000000)); echo "$took ms"
# A second; on a busy machine what neutron grants.
[ $took -lt 5000 ]
