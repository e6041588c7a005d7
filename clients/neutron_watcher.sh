# OpenStack neutron's own watcher (PyPI) reports every address message of the machine: three with a quiet daemon.
cd /run
router | sed 's/interface eth0/&\n    priority 50/; s/advert_int 0.2/advert_int 1/' > watcher.conf
cat > srv.py <<P
import socket
s = socket.socket(socket.AF_UNIX); s.bind("keepalived-state-change"); s.listen(50)
while True:
    c, _ = s.accept(); c.recv(4096); print("report", flush=True)
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"); c.close()
P
python3 srv.py > posts & server=$!
until_true 15 [ -S keepalived-state-change ]
PATH=$NEUTRON/bin:$PATH neutron-keepalived-state-change --router_id R --namespace r1 --conf_dir . --log-file ./log --monitor_interface eth0 \
    --monitor_cidr 10.0.0.254/24 --pid_file ./pid --state_path . > said 2>&1 & watcher=$!
sleep 1
ip netns exec r1 "$BINARY" keepalived -n -l -P -f watcher.conf 2> dlog & daemon=$!
sleep 28
stop "$(cat keepalived.pid)"
sleep 1
kill "$watcher" "$server" 2>/dev/null || true
echo "$(wc -l < posts) reports"
cat log dlog
[ "$(wc -l < posts)" -le 3 ]
