"""openapi.py SOCKET PORT: what comes to the port goes to the socket, and back."""
import socket
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


server = socket.create_server(("127.0.0.1", int(sys.argv[2])))
while True:
    client, _ = server.accept()
    daemon = socket.socket(socket.AF_UNIX)
    daemon.connect(sys.argv[1])
    for pair in (client, daemon), (daemon, client):
        threading.Thread(target=pump, args=pair, daemon=True).start()
