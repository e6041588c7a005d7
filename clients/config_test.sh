# Ansible and Puppet: a template is put in place only if keepalived accepts it.
router > /run/good.conf
ip netns exec r1 "$BINARY" keepalived --config-test -f /run/good.conf
ip netns exec r1 "$BINARY" keepalived -l -t -f /run/good.conf
sed 's/eth0/nosuch0/' /run/good.conf > /run/bad.conf
status=0; ip netns exec r1 "$BINARY" keepalived -t -f /run/bad.conf 2> /run/said || status=$?
[ $status = 5 ] && grep -q 'bad.conf: Line ' /run/said
