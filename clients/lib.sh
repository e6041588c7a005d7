# Functions for clients: sourced by `run` and, in a namespace, by each client. Who pipes into grep lets it read to the end (no -q):
# the pipe would break, which `pipefail` counts.

# A router with eth0 in the namespace `r1`, below a /run that nobody else sees.
ground() {
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns
    ip netns add r1
    ip link add p0 type veth peer name eth0 netns r1
    ip link set p0 up
    ip -n r1 link set lo up
    ip -n r1 link set eth0 up
    ip -n r1 addr add 10.0.0.1/24 dev eth0
    ip -n r1 addr add 169.254.192.5/18 dev eth0
    [ ! -e /usr/sbin/keepalived ] || mount --bind "$BINARY" /usr/sbin/keepalived
    export TMPDIR=/run/dumps
    mkdir -p "$TMPDIR"
}

# Waits until a command succeeds: until SECONDS COMMAND... (The log of a client has no line of its tries.)
until_true() {
    { local - end=$((SECONDS + $1)); set +x; } 2> /dev/null; shift
    until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}

# Fails if a command succeeds. (Of `! command` bash takes no notice.)
untrue() { ! "$@"; }

# Tanist by keepalived's name, which is what its callers have.
keepalived() { (exec -a keepalived "$BINARY" "$@"); }

router() {
    cat <<C
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 7
    version 3
    advert_int 0.2
    virtual_ipaddress {
        10.0.0.254/24 dev eth0
    }
}
C
}

# Whether an address is there: has_address ADDRESS [dev LINK]
has_address() { [ -n "$(ip -n r1 -o addr show to "$@")" ]; }
dumped() { [ -s "$TMPDIR/keepalived.$1" ]; }

# Ends what this shell has started in the background of another session.
stop() { kill "$1" 2>/dev/null && until_true 15 gone "$1"; }
# What has ended and was not waited for has no arguments.
gone() { [ -z "$(tr -d '\0' 2>/dev/null < "/proc/$1/cmdline")" ]; }
