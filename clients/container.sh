# T37: the first process of a container, with scripts that leave children behind: it ends in a second, and leaves neither these nor addresses.
cat > /run/fork.sh <<'S'
#!/bin/sh
sleep 0.1 &
sleep 60 &
S
chmod 755 /run/fork.sh
router | sed 's/advert_int 0.2/&\n    notify \/run\/fork.sh\n    use_vmac/' > /run/k.conf
ip netns exec r1 unshare --pid --fork --mount-proc "$BINARY" keepalived -n -l -f /run/k.conf 2> /run/log &
until_true 15 has_address 10.0.0.254
sleep 1
pid=$(pgrep -o -x keepalived)
until_true 15 eval '! ps -eo stat= | grep "^Z"'
begin=$(date +%s%N); kill "$pid"; until_true 15 gone "$pid"
took=$((($(date +%s%N) - begin) / 1000000)); echo "$took ms"
[ $took -lt 5000 ]
untrue has_address 10.0.0.254
[ -z "$(ip -n r1 link show type macvlan)" ]
