# SNMP by Debian's snmpd: what Checkmk and Nagios read, traps to snmptrapd where that is, and a walk beside keepalived's own.
[ ! -e /usr/sbin/keepalived ] || umount /usr/sbin/keepalived 2> /dev/null || true
mkdir -p /run/snmp /run/ax /run/state
ip -n r1 link add p1 type veth peer name eth1
for link in p1 eth1; do ip -n r1 link set "$link" up; done
ip -n r1 addr add 10.0.1.1/24 dev eth1
echo 3 > /run/number
export SNMP_PERSISTENT_DIR=/run/snmp MIBS=
K=.1.3.6.1.4.1.9586.100.5
cat > /run/snmpd.conf <<C
master agentx
agentXSocket unix:/run/ax/master
rocommunity public 127.0.0.1
agentAddress udp:127.0.0.1:1161
trap2sink 127.0.0.1:1162 public
C
echo 'disableAuthorization yes' > /run/trapd.conf
cat > /run/k.conf <<C
global_defs {
    router_id left
    snmp_socket unix:/run/ax/master
    enable_snmp_vrrp
    enable_snmp_rfc
    enable_traps
    script_user root
    enable_script_security
    notification_email {
        a@example.net
        b@example.net
    }
    notification_email_from k@example.net
    smtp_server 127.0.0.1 2525
}
static_ipaddress {
    10.9.0.1/24 dev eth0
}
static_routes {
    10.99.0.0/16 via 10.0.0.7 dev eth0
}
static_rules {
    from 10.77.0.0/16 table 77 priority 1002
}
vrrp_script good {
    script "/usr/bin/true a 'b c'"
    interval 1
    weight 5
    rise 2
    fall 3
}
track_file number {
    file /run/number
    weight 2
}
vrrp_sync_group G {
    group {
        V3
        V6
    }
    notify_master "/usr/bin/true group"
    smtp_alert
}
vrrp_instance V2 {
    state MASTER
    interface eth0
    virtual_router_id 7
    priority 240
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass secret
    }
    virtual_ipaddress {
        10.0.0.254/24
        10.0.0.250/32 peer 10.0.7.1
        192.168.200.1/24 brd 192.168.200.255 dev eth1 label eth1:x scope link
    }
    virtual_ipaddress_excluded {
        2001:db8::77/64
    }
    virtual_routes {
        10.50.0.0/16 via 10.0.0.9 dev eth0 metric 5 mtu 1300 advmss lock 1200 initcwnd 12 features ecn realms 3/4
        10.51.0.0/16 via 10.0.0.9 dev eth0 src 10.0.0.254 table 66 tos 4
        10.54.0.0/16 via 10.0.1.9 dev eth1 congctl reno quickack 1
    }
    virtual_rules {
        from 10.60.0.0/16 to 10.61.0.0/16 table 66 priority 1000
        not to 10.62.0.0/16 iif eth0 table main priority 1001 suppress_prefixlength 3
        from 10.63.0.0/16 prohibit priority 1003
        fwmark 5/0xff goto 32766 priority 1004
    }
    track_script {
        good
    }
    track_interface {
        lo weight 3
        eth1 weight -7 reverse
    }
    track_file {
        number
    }
    notify_master "/usr/bin/true a b"
    notify_backup /usr/bin/true
    notify_fault /usr/bin/true
    notify_stop /usr/bin/true
    notify /usr/bin/true
}
vrrp_instance V3 {
    state BACKUP
    interface eth0
    virtual_router_id 8
    priority 200
    version 3
    advert_int 0.2
    preempt_delay 20
    smtp_alert
    virtual_ipaddress {
        10.0.0.253/24
    }
}
vrrp_instance V6 {
    interface eth1
    virtual_router_id 9
    version 3
    advert_int 0.2
    accept
    garp_master_delay 3
    virtual_ipaddress {
        fe80::9
        2001:db8::9/64
    }
}
C
# ask HOW OID: snmpget or snmpwalk
ask() { ip netns exec r1 "snmp$1" -v2c -c public -On -t 2 127.0.0.1:1161 "$2"; }
has() { ask get "$1" 2> /dev/null | grep -xF -- "$1 = $2" > /dev/null; }
is_settled() {
    for it in 1 2 3; do has "$K.2.3.1.4.$it" 'INTEGER: 2' || return 1; done
    has "$K.2.9.1.6.1" 'INTEGER: 3' && has "$K.2.3.1.8.1" 'INTEGER: 254' && has "$K.2.3.1.9.1" 'INTEGER: 1' && has "$K.2.7.1.14.1.1" 'INTEGER: 1'
}
same() { sed -E "s/^${K//./\\.}/K/" | grep -vE '^K\.1\.1\.0|\.68\.1\.3\.1\.(7|13)\.|\.207\.1\.1\.1\.1\.12\.|^K\.2\.(3|6)\.1\.11\.|^K\.2\.7\.1\.25\.'; }
walk() { for root in .1.3.6.1.2.1.68 .1.3.6.1.2.1.207 "$K.1" "$K.2"; do ask walk "$root"; done > "$1"; }

ip netns exec r1 snmpd -f -Lf /run/snmpd.log -C -c /run/snmpd.conf -p /run/snmpd.pid & agent=$!
trapd=
if command -v snmptrapd > /dev/null; then
    ip netns exec r1 snmptrapd -f -Lf /run/traps -On -C -c /run/trapd.conf -p /run/trapd.pid udp:127.0.0.1:1162 & trapd=$!
fi
until_true 15 [ -S /run/ax/master ]
if [ -x /usr/sbin/keepalived ] && [ -z "$(/usr/sbin/keepalived --version 2>&1 | grep tanist)" ]; then
    ip netns exec r1 /usr/sbin/keepalived -n -l -P -f /run/k.conf -p /run/k.pid -r /run/kv.pid > /run/theirs.log 2>&1 & theirs=$!
    until_true 30 is_settled
    walk /run/theirs
    kill "$theirs"; wait "$theirs" || true
fi
ip netns exec r1 "$BINARY" keepalived -n -l -f /run/k.conf -p /run/t.pid -r /run/tv.pid > /run/ours.log 2>&1 & ours=$!
until_true 30 is_settled
walk /run/ours

# Checkmk: whether it is there, names, states, addresses as bytes.
ask get "$K.1.1.0" | grep 'STRING: "Keepalived v'
[ "$(ask walk "$K.2.3.1.2" | cut -d' ' -f4- | tr -d '\n')" = '"V2""V3""V6"' ]
has "$K.2.6.1.3.1.1" 'Hex-STRING: 0A 00 00 FE '
# Nagios
plugin=/usr/lib/nagios/plugins/check_snmp_vrrp.pl
[ ! -x "$plugin" ] || ip netns exec r1 "$plugin" -H 127.0.0.1 -p 1161 -C public -2 -T nokia -s master 2>&1 | grep ':OK'
# Whoever writes, which snmpd permits the next time, is told that it cannot be.
sed -i 's/^rocommunity public/rwcommunity public/' /run/snmpd.conf
# An agent that is started anew is found.
kill "$agent"; wait "$agent" || true
ip netns exec r1 snmpd -f -Lf /run/snmpd.log -C -c /run/snmpd.conf -p /run/snmpd.pid & agent=$!
until_true 30 is_settled
{ ip netns exec r1 snmpset -v2c -c public -On 127.0.0.1:1161 "$K.2.3.1.7.1" i 5 2>&1 || true; } | grep notWritable
kill "$ours"; wait "$ours"
if [ -n "$trapd" ]; then
    # Stopped: the last that is told.
    until_true 15 grep "$K.2.10.0.2.*\"V2\".*$K.2.3.1.4 = INTEGER: 5" /run/traps
    grep '\.1\.3\.6\.1\.2\.1\.68\.0\.1.*= IpAddress: 10\.0\.0\.1' /run/traps
    grep '\.1\.3\.6\.1\.2\.1\.207\.0\.1.*207\.1\.2\.5\.1\.2.*= INTEGER: 3' /run/traps
    kill "$trapd"
fi
kill "$agent"

# What differs on purpose (differs.md): the version; since when (68.1.3.1.13, 207.1.1.1.1.12); the master's address of a master (68.1.3.1.7);
# whether the parent is tracked (2.3.1.11), and addresses are advertised (2.6.1.11), of routers other than the first; advmss (2.7.1.25), which 2.2.7 never tells right.
[ ! -e /run/theirs ] || diff <(same < /run/theirs) <(same < /run/ours)
