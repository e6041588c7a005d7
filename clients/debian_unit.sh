# Debian's unit: READY=1 from the process that it started, reload by HUP to that, end within its limit.
router > /run/k.conf
cat > /run/notified.py <<P
import os, socket, subprocess, signal
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("/run/notify"); s.settimeout(10)
p = subprocess.Popen(["ip", "netns", "exec", "r1", os.environ["BINARY"], "keepalived", "--dont-fork", "-f", "/run/k.conf"], env=dict(os.environ, NOTIFY_SOCKET="/run/notify"))
def hear(word):
    while word not in s.recv(4096).decode(): pass
hear("READY=1"); p.send_signal(signal.SIGHUP); hear("READY=1"); p.terminate(); hear("STOPPING=1"); assert p.wait(5) == 0
P
BINARY="$BINARY" python3 /run/notified.py
