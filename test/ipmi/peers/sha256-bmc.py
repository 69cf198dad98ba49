#!/usr/bin/env python3
"""A small BMC with the cipher suites OpenIPMI's and pyghmi's lack: 0, 1, 2, 3, 15, 16 and 17.

  sha256-bmc.py [--suites 3,17] [--kg TEXT] [--slots N] [--bridge packed|alone] [--chooses SUITE]

Binds a free port of 127.0.0.1 and prints it. Commands: authentication capabilities, cipher suites, session privilege,
close session, device id, GUID, chassis status, and messages passed on to controllers at 72h and 74h, whose device id
is their address; everything else gets C1h. It counts what it executed: NetFn 30h, command 01h adds 1 and tells.
"""
import argparse, hmac, os, socket, struct
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SUITES = {0: (0, 0, 0), 1: (1, 0, 0), 2: (1, 1, 0), 3: (1, 1, 1), 15: (3, 0, 0), 16: (3, 4, 0), 17: (3, 4, 1)}
HASHES = {1: ("sha1", 12), 3: ("sha256", 16)}
# name: password, highest level
USERS = {
    b"admin": (b"admin-pass", 4),
    b"operator": (b"oper-pass", 3),
    b"monitor": (b"moni-pass", 2),
    b"twenty": (b"twenty-byte-password", 4),
    b"sixteen-char-usr": (b"nineteen-chars-pass", 4),
}
GUID = bytes.fromhex("00112233445566778899aabbccddeeff")

parser = argparse.ArgumentParser()
parser.add_argument("--suites", default="3,17")
parser.add_argument("--kg", default="")
parser.add_argument("--slots", type=int, default=16)
parser.add_argument("--bridge", default="packed")
parser.add_argument("--chooses", type=int)
options = parser.parse_args()
offered = [int(number) for number in options.suites.split(",")]
bmc_key = options.kg.encode()
sessions = {}
executed = 0
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 0))


def checked(body):
    return body + bytes([-sum(body) & 0xFF])


def answer_to(message, data):
    """The answer to a message: addresses, LUNs and network function the other way round."""
    head = checked(bytes([message[3], (message[1] >> 2 | 1) << 2 | message[4] & 3]))
    return head + checked(bytes([message[0], message[4] & 0xFC | message[1] & 3, message[5]]) + data)


class Session:
    def __init__(self, suite, console_id, number):
        self.suite = suite
        self.auth, self.integrity, self.privacy = SUITES[suite]
        self.hash, self.code_length = HASHES.get(self.auth, (None, 0))
        self.console_id, self.id = console_id, struct.pack("<I", number)
        self.up, self.sent, self.highest = False, 0, 0

    def mac(self, key, *parts):
        return hmac.new(key, b"".join(parts), self.hash).digest()

    def rakp2(self, payload):
        self.console_random, self.role = payload[8:24], payload[24:25]
        user = payload[28 : 28 + payload[27]]
        if user not in USERS:
            return 0x0D, b""
        password, self.limit = USERS[user]
        if self.role[0] & 15 > self.limit:
            return 0x0A, b""
        self.random, self.password, self.name = os.urandom(16), password, bytes([len(user)]) + user
        if not self.auth:
            return 0, self.random + GUID
        code = self.mac(password, self.console_id, self.id, self.console_random, self.random, GUID, self.role, self.name)
        return 0, self.random + GUID + code

    def rakp4(self, payload):
        if self.auth:
            if payload[8:] != self.mac(self.password, self.random, self.console_id, self.role, self.name):
                return 0x0F, b""
            sik = self.mac(bmc_key or self.password, self.console_random, self.random, self.role, self.name)
            self.k1, self.k2 = self.mac(sik, b"\1" * 20), self.mac(sik, b"\2" * 20)
            self.up = True
            return 0, self.mac(sik, self.console_random, self.id, GUID)[: self.code_length]
        self.up = True
        return 0, b""

    def seal(self, message):
        self.sent += 1
        flags, payload = 0, message
        if self.privacy:
            pad = -(len(message) + 1) % 16
            iv = os.urandom(16)
            cipher = Cipher(algorithms.AES(self.k2[:16]), modes.CBC(iv)).encryptor()
            payload = iv + cipher.update(message + bytes(range(1, pad + 1)) + bytes([pad])) + cipher.finalize()
            flags |= 0x80
        if self.integrity:
            flags |= 0x40
        packet = plus(flags, self.console_id, self.sent, payload)
        if self.integrity:
            pad = -(len(packet) - 2) % 4
            packet += b"\xff" * pad + bytes([pad, 7])
            packet += self.mac(self.k1, packet[4:])[: self.code_length]
        return packet

    def open(self, packet):
        """The message of a packet; None for one that is not to be believed."""
        size = struct.unpack_from("<H", packet, 14)[0]
        payload = packet[16 : 16 + size]
        if packet[5] != (0x80 if self.privacy else 0) | (0x40 if self.integrity else 0):
            return None
        if self.integrity:
            code = packet[-self.code_length :]
            if self.mac(self.k1, packet[4 : -self.code_length])[: self.code_length] != code:
                return None
        sequence = struct.unpack_from("<I", packet, 10)[0]
        if not -16 <= sequence - self.highest <= 15:
            return None
        self.highest = max(self.highest, sequence)
        if self.privacy:
            cipher = Cipher(algorithms.AES(self.k2[:16]), modes.CBC(payload[:16])).decryptor()
            payload = cipher.update(payload[16:]) + cipher.finalize()
            payload = payload[: -1 - payload[-1]]
        return payload


def plus(payload_type, session_id, sequence, payload):
    head = bytes([6, 0, 0xFF, 7, 6, payload_type]) + session_id
    return head + struct.pack("<IH", sequence, len(payload)) + payload


def run(session, net_fn, command, data):
    """Completion code and data of a command."""
    global executed
    if (net_fn, command) == (0x06, 0x01):
        return bytes.fromhex("00200101200280d97e00010e00000000")
    if (net_fn, command) == (0x06, 0x37):
        return b"\0" + GUID
    if (net_fn, command) == (0x00, 0x01):
        return b"\0\x01\0\0"
    if (net_fn, command) == (0x30, 0x01):
        executed += 1
        return b"\0" + struct.pack("<I", executed)
    if (net_fn, command) == (0x06, 0x3B):
        return b"\x81" if data[0] & 15 > session.limit else b"\0" + data[:1]
    if (net_fn, command) == (0x06, 0x3C):
        sessions.pop(data[:4], None)
        return b"\0"
    return b"\xc1"


def outside(message):
    """Completion code and data of a command outside of any session."""
    command, data = message[5], message[6:-1]
    if command == 0x38:
        key = 0x20 if bmc_key else 0
        return bytes([0, 1, 0x80, 4 | key, 2, 0, 0, 0, 0] if data[0] & 0x80 else [0, 1, 0, 4, 0, 0, 0, 0, 0])
    if command == 0x54:
        records = b"".join(bytes([0xC0, n, SUITES[n][0], 0x40 | SUITES[n][1], 0x80 | SUITES[n][2]]) for n in offered)
        start = (data[2] & 0x3F) * 16
        return b"\0\1" + records[start : start + 16]
    return b"\xd4"


def passed_on(session, message, sender):
    """Send Message: the controller's answer packed into ours, or alone after it."""
    inner = message[7:-1]
    if inner[0] not in (0x72, 0x74):
        sock.sendto(session.seal(answer_to(message, b"\x83")), sender)
        return
    data = b"\0" + inner[:1] + bytes(14) if (inner[1] >> 2, inner[5]) == (6, 1) else b"\xc1"
    if options.bridge == "packed":
        sock.sendto(session.seal(answer_to(message, b"\0" + answer_to(inner, data))), sender)
        return
    sock.sendto(session.seal(answer_to(message, b"\0")), sender)
    # The BMC asked in its own name; it passes the answer on to whoever asked it to.
    sock.sendto(session.seal(answer_to(bytes([inner[0], inner[1], 0, 0x81]) + inner[4:], data)), sender)


def open_session(payload):
    algorithms_asked = tuple(payload[12 + 8 * kind] & 0x3F for kind in range(3))
    suite = next((n for n in offered if SUITES[n] == algorithms_asked), options.chooses)
    if suite is None:
        return 0x11, b""
    if len(sessions) >= options.slots:
        return 0x01, b""
    session = Session(options.chooses or suite, payload[4:8], int.from_bytes(os.urandom(4), "little") | 1)
    sessions[session.id] = session
    chosen = (session.auth, session.integrity, session.privacy)
    return 0, session.id + b"".join(bytes([kind, 0, 0, 8, n, 0, 0, 0]) for kind, n in enumerate(chosen))


def handshake(kind, payload):
    """Payload of the answer to a message of the handshake; None when there is nothing to say."""
    if kind == 0x10:
        status, rest = open_session(payload)
        return bytes([payload[0], status, payload[1] or 4, 0]) + payload[4:8] + rest
    session = sessions.get(payload[4:8])
    if session is None or kind == 0x14 and payload[1]:
        sessions.pop(payload[4:8], None)
        return None
    status, rest = session.rakp2(payload) if kind == 0x12 else session.rakp4(payload)
    if status:
        sessions.pop(session.id)
    return bytes([payload[0], status, 0, 0]) + session.console_id + rest


def take(packet, sender):
    if packet[3] & 0x1F == 6:
        if packet[8] == 0x80:
            rest = bytes.fromhex("000011be000000008100000000000000")
            sock.sendto(bytes([6, 0, 0xFF, 6]) + packet[4:8] + bytes([0x40, packet[9], 0, 16]) + rest, sender)
        return
    if packet[4] == 0:
        message = packet[14 : 14 + packet[13]]
        reply = answer_to(message, outside(message))
        sock.sendto(bytes([6, 0, 0xFF, 7, 0]) + bytes(8) + bytes([len(reply)]) + reply, sender)
        return
    kind, session_id = packet[5] & 0x3F, packet[6:10]
    payload = packet[16 : 16 + struct.unpack_from("<H", packet, 14)[0]]
    if session_id == bytes(4):
        if kind == 0:
            sock.sendto(plus(0, bytes(4), 0, answer_to(payload, outside(payload))), sender)
        elif kind in (0x10, 0x12, 0x14):
            reply = handshake(kind, payload)
            if reply is not None:
                sock.sendto(plus(kind + 1, bytes(4), 0, reply), sender)
        return
    session = sessions.get(session_id)
    message = session.open(packet) if session is not None and session.up else None
    if message is None:
        return
    if (message[1] >> 2, message[5]) == (6, 0x34):
        passed_on(session, message, sender)
    else:
        reply = answer_to(message, run(session, message[1] >> 2, message[5], message[6:-1]))
        sock.sendto(session.seal(reply), sender)


print(sock.getsockname()[1], flush=True)
while True:
    take(*sock.recvfrom(2048))
