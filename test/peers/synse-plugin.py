"""A Synse plugin made with Debian's python3-grpcio, for tests. Behaves as plugins made with Synse's SDK do.

    synse-plugin.py PROTO ADDRESS [--tls CERT KEY [CLIENT_CA]] [--devices N] [--name NAME] [--period SECONDS]

Prints "listening PORT". Every line on standard input is a command:

    slow SECONDS      every answer but Metadata and Version takes that much longer
    hang              nothing is answered any more
    unavailable       every call fails with UNAVAILABLE
    value JSON        the value of device 1: {"float64_value": "nan"}, {"bytes_hex": "ff"} ...
    freeze            readings keep their times, as when the devices behind have died
    thaw              and are renewed again
    die               ends at once, without a word
"""

import concurrent.futures
import datetime
import importlib
import json
import os
import sys
import tempfile
import threading
import time
import uuid

import grpc
from grpc_tools import protoc


def load(proto):
    folder = tempfile.mkdtemp()
    args = ["protoc", "-I" + os.path.dirname(proto), "--python_out=" + folder, "--grpc_python_out=" + folder, proto]
    if protoc.main(args) != 0:
        sys.exit("protoc failed")
    sys.path.insert(0, folder)
    return importlib.import_module("synse_pb2"), importlib.import_module("synse_pb2_grpc")


pb, pb_grpc = load(sys.argv[1])


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Plugin(pb_grpc.V3PluginServicer):
    def __init__(self, name, count, period):
        self.id = str(uuid.uuid5(uuid.NAMESPACE_DNS, "tests/" + name))
        self.name = name
        self.period = period
        self.delay = 0
        self.fault = None
        self.frozen = None
        self.streams = []
        self.lock = threading.Lock()
        self.transactions = {}
        self.lamp = "off"
        self.special = {"float64_value": 21.5}
        self.devices = [str(uuid.uuid5(uuid.UUID(self.id), str(n))) for n in range(count + 2)]
        threading.Thread(target=self.run, daemon=True).start()

    # Device 0 is a lamp, 1 has whatever value the test says, 2 is a fan with two speeds, the others have a temperature.
    def type_of(self, index):
        return ["led", "probe", "fan"][index] if index < 3 else "temperature"

    def outputs(self, index):
        rpm = pb.V3DeviceOutput(name="rpm", type="frequency", precision=2)
        rpm.unit.name, rpm.unit.symbol = "revolutions per minute", "RPM"
        celsius = pb.V3DeviceOutput(name="temperature", type="temperature", precision=2)
        celsius.unit.name, celsius.unit.symbol = "celsius", "C"
        state = pb.V3DeviceOutput(name="state", type="state")
        probe = pb.V3DeviceOutput(name="probe", type="probe", precision=1)
        return [[state], [probe], [rpm, rpm]][index] if index < 3 else [celsius]

    def readings(self, index):
        stamp = self.frozen or now()
        kind = self.type_of(index)
        outputs = self.outputs(index)
        found = []
        for position, output in enumerate(outputs):
            reading = pb.V3Reading(
                id=self.devices[index], timestamp=stamp, type=output.type, deviceType=kind, deviceInfo=kind
            )
            reading.unit.name, reading.unit.symbol = output.unit.name, output.unit.symbol
            reading.context["model"] = "test"
            if index == 0:
                reading.string_value = self.lamp
            elif index == 1:
                for key, value in self.special.items():
                    if key == "bytes_hex":
                        reading.bytes_value = bytes.fromhex(value)
                    else:
                        setattr(reading, key, float(value) if key.startswith("float") else value)
            elif index == 2:
                reading.int64_value = 9007199254740993 + position
            else:
                reading.float32_value = 21.3
            found.append(reading)
        return found

    def run(self):
        while True:
            time.sleep(self.period)
            if self.frozen is None:
                for index in range(len(self.devices)):
                    for reading in self.readings(index):
                        for stream in list(self.streams):
                            stream.put(reading)

    def before(self, context):
        if self.fault == "hang":
            while context.is_active():
                time.sleep(0.05)
        if self.fault == "unavailable":
            context.abort(grpc.StatusCode.UNAVAILABLE, "out to lunch")
        time.sleep(self.delay)

    def chosen(self, selector, context):
        if selector.id == "":
            return range(len(self.devices))
        if selector.id not in self.devices:
            context.abort(grpc.StatusCode.NOT_FOUND, "device not found: " + selector.id)
        return [self.devices.index(selector.id)]

    def Test(self, request, context):
        self.before(context)
        return pb.V3TestStatus(ok=True)

    def Metadata(self, request, context):
        return pb.V3Metadata(
            name=self.name, maintainer="tests", tag="tests/" + self.name, description="For tests", id=self.id
        )

    def Version(self, request, context):
        return pb.V3Version(pluginVersion="1.2.3", sdkVersion="2.1.2", arch="amd64", os="linux")

    def Health(self, request, context):
        self.before(context)
        check = pb.V3HealthCheck(name="read queue health", status=pb.OK, timestamp=now(), type="periodic")
        return pb.V3Health(timestamp=now(), status=pb.OK, checks=[check])

    def Devices(self, request, context):
        self.before(context)
        for index in self.chosen(request, context):
            kind = self.type_of(index)
            device = pb.V3Device(
                timestamp=now(),
                id=self.devices[index],
                type=kind,
                plugin=self.id,
                info="Test " + kind + " " + str(index),
                alias=self.name + "-" + str(index),
                sortIndex=index,
                outputs=self.outputs(index),
            )
            device.metadata["model"] = "test"
            device.capabilities.mode = "rw" if index == 0 else "r"
            device.tags.add(namespace="default", annotation="rack", label="r1")
            device.tags.add(namespace="system", annotation="id", label=self.devices[index])
            device.tags.add(namespace="system", annotation="type", label=kind)
            yield device

    def Read(self, request, context):
        self.before(context)
        for index in self.chosen(request.selector, context):
            yield from self.readings(index)

    def ReadStream(self, request, context):
        import queue

        mine = queue.Queue()
        self.streams.append(mine)
        try:
            while context.is_active():
                try:
                    yield mine.get(timeout=0.1)
                except queue.Empty:
                    pass
        finally:
            self.streams.remove(mine)

    def WriteAsync(self, request, context):
        self.before(context)
        self.chosen(request.selector, context)
        for item in request.data:
            transaction = item.transaction or str(uuid.uuid4())
            if transaction in self.transactions:
                context.abort(grpc.StatusCode.UNKNOWN, "transaction id already exists")
            status = pb.V3TransactionStatus(
                id=transaction, created=now(), updated=now(), timeout="30s", status=pb.PENDING, context=item
            )
            self.transactions[transaction] = status
            threading.Thread(target=self.carry_out, args=(status,), daemon=True).start()
            yield pb.V3WriteTransaction(id=transaction, device=request.selector.id, context=item, timeout="30s")

    def carry_out(self, status):
        time.sleep(0.05)
        status.status = pb.WRITING
        time.sleep(0.05)
        action, data = status.context.action, status.context.data.decode()
        if action == "state" and data in ("on", "off", "blink"):
            self.lamp = data
            status.status = pb.DONE
            return
        # As the SDK does: first the state, then the message.
        status.status = pb.ERROR
        time.sleep(0.05)
        status.message = "rpc error: code = InvalidArgument desc = unsupported write action '" + action + "'"

    def Transaction(self, request, context):
        self.before(context)
        if request.id not in self.transactions:
            context.abort(grpc.StatusCode.NOT_FOUND, "transaction not found: " + request.id)
        return self.transactions[request.id]


def option(name, count=1):
    if name not in sys.argv:
        return None
    at = sys.argv.index(name)
    return sys.argv[at + 1 : at + 1 + count]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    plugin = Plugin(
        (option("--name") or ["peer"])[0],
        int((option("--devices") or ["2"])[0]),
        float((option("--period") or ["0.2"])[0]),
    )
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=32))
    pb_grpc.add_V3PluginServicer_to_server(plugin, server)
    address = sys.argv[2]
    tls = option("--tls", 3)
    if tls is None:
        port = server.add_insecure_port(address)
    else:
        cert, key, ca = tls
        pair = [(read(key), read(cert))]
        port = server.add_secure_port(address, grpc.ssl_server_credentials(pair, read(ca), True))
    server.start()
    print("listening", port, flush=True)
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "die":
            os._exit(9)
        elif word == "slow":
            plugin.delay = float(rest)
        elif word == "value":
            plugin.special = json.loads(rest)
        elif word == "freeze":
            plugin.frozen = now()
        elif word == "thaw":
            plugin.frozen = None
        else:
            plugin.fault = word
        print("done", line.strip(), flush=True)


main()
