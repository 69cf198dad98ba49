"""Prints what arrives at a unix datagram socket, a line each, and `silent` for each second in which nothing does."""
import socket
import sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
receiver.settimeout(1)
print("bound", flush=True)
while True:
    try:
        print(receiver.recv(4096).decode().strip(), flush=True)
    except socket.timeout:
        print("silent", flush=True)
