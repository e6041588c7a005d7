# kolla-ansible: clustered options, and its handler looks for the address on the interface.
router > /run/k.conf
ip netns exec r1 "$BINARY" keepalived -nld -p /run/keepalived.pid -f /run/k.conf 2> /run/log &
until_true 15 has_address 10.0.0.254 dev eth0
grep -q 'virtual_router_id 7' /run/log
stop "$(cat /run/keepalived.pid)"
