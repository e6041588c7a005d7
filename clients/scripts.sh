# T42, G24: a script behind a link that is turned to another while the daemon runs, as somebody who is not root.
mkdir -p /run/app/v1 /run/app/v2; chmod 755 /run/app /run/app/v1 /run/app/v2; mkdir -m 777 /run/out
for v in v1 v2; do printf '#!/bin/sh\necho %s $3 $(id -un) >> /run/out/said\n' $v > /run/app/$v/hook; chmod 755 /run/app/$v/hook; done
ln -s v1 /run/app/current
cat > /run/k.conf <<C
global_defs {
    enable_script_security
}
track_file prio {
    file /run/prio
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 7
    version 3
    advert_int 0.2
    track_file {
        prio weight 0
    }
    virtual_ipaddress {
        10.0.0.254/24
    }
    notify "/run/app/current/hook" nobody
}
C
echo 0 > /run/prio
ip netns exec r1 "$BINARY" keepalived -f /run/k.conf
pid=$(cat /run/keepalived.pid)
until_true 15 grep -qs 'v1 MASTER nobody' /run/out/said
ln -sfn v2 /run/app/current
echo 1 > /run/prio
until_true 15 grep -q 'v2 FAULT nobody' /run/out/said
echo 0 > /run/prio
until_true 15 grep -q 'v2 MASTER nobody' /run/out/said
[ "$(grep -c 'v2 MASTER' /run/out/said)" = 1 ]
stop "$pid"
