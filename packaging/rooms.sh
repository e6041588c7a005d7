# Functions for `check`, each in namespaces of its own: roots that are thrown away.

# A root that is this machine's, but what is changed in it goes to $work/upper.
machine_copy() {
    mkdir -p "$work"/room "$work"/root
    mount -t tmpfs tmpfs "$work/room"
    mkdir "$work/room/upper" "$work/room/work"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$work/room/upper,workdir=$work/room/work" "$work/root"
    furnish "$work/root"
}

# What programs need below a root.
furnish() {
    mkdir -p "$1"/{proc,dev,run,tmp,etc/keepalived}
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs tmpfs "$1/run"
}

# An interface, and a configuration for it.
ground() {
    ip link set lo up
    ip link add p0 type veth peer name eth0
    ip link set p0 up
    ip link set eth0 up
    ip addr add 10.0.0.1/24 dev eth0
    cat > "$1/etc/keepalived/keepalived.conf" <<C
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 7
    version 3
    advert_int 0.2
    virtual_ipaddress {
        10.0.0.254/24
    }
}
C
}

until_true() {
    local end=$((SECONDS + 15))
    until "$@"; do [ $SECONDS -lt $end ] || { echo "not within 15 s: $*" >&2; return 1; }; sleep 0.1; done
}
has_address() { [ -n "$(ip -o addr show to 10.0.0.254)" ]; }
has_no_address() { ! has_address; }

# Starts a command below a root until it is master, and stops it: life ROOT COMMAND...
life() {
    local root=$1; shift
    chroot "$root" "$@" 2> "$work/log" &
    local daemon=$!
    until_true has_address || { cat "$work/log" >&2; return 1; }
    kill $daemon
    wait $daemon
    has_no_address
}

# The files below a directory, but for what a package manager keeps of its own work.
files() { (cd "$1" && find . -mindepth 1 \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/rpm -o -path ./root/.rpmdb -o -path ./usr/lib/sysimage -o -path ./proc -o -path ./dev -o -path ./run \) -prune -o ! -type d -print | sort); }

# Does it quietly, unless it fails.
quietly() { "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; }

debian() {
    machine_copy
    ground "$work/root"
    cp "$work"/*.deb "$work/root/run"
    local before; before=$(files "$work/room/upper"; sha256sum < /usr/sbin/keepalived)
    quietly chroot "$work/root" dpkg -i /run/tanist.deb
    life "$work/root" /usr/bin/tanist run
    quietly chroot "$work/root" dpkg -i /run/tanist-keepalived.deb
    chroot "$work/root" /usr/sbin/keepalived --version 2>&1 | grep tanist > /dev/null
    life "$work/root" /usr/sbin/keepalived --dont-fork
    # An upgrade of keepalived goes where it was set aside.
    [ "$(chroot "$work/root" dpkg-divert --truename /usr/sbin/keepalived)" = /usr/sbin/keepalived.distrib ]
    quietly chroot "$work/root" dpkg -r tanist-keepalived
    quietly chroot "$work/root" dpkg -P tanist tanist-keepalived
    [ ! -e "$work/root/run/tanist" ]
    # What was moved away and back stands in the overlay.
    local after; after=$(files "$work/room/upper" | grep -vx './usr/sbin/keepalived'; sha256sum < "$work/root/usr/sbin/keepalived")
    diff <(echo "$before") <(echo "$after")
}

rpm_root() {
    machine_copy
    ground "$work/root"
    local before; before=$(files "$work/room/upper")
    # Another distribution's names of libraries; the scripts talk to systemd only.
    quietly rpm --root "$work/root" -i --nodeps --noscripts "$work/tanist.rpm"
    life "$work/root" /usr/bin/tanist run
    quietly rpm --root "$work/root" -e --noscripts tanist
    diff <(echo "$before") <(files "$work/room/upper")
}

image() {
    mkdir -p "$work/image/usr/bin"
    cp "$binary" "$work/image/usr/bin/tanist"
    furnish "$work/image"
    ground "$work/image"
    (
        unshare --pid --fork bash -euc 'mount -t proc proc "$work/image/proc"; exec chroot "$work/image" /usr/bin/tanist run' 2> "$work/log" &
        until_true has_address || { cat "$work/log" >&2; exit 1; }
        kill "$(pgrep -nx tanist)"
        wait $!
    )
    has_no_address
}
