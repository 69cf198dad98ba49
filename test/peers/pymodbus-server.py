"""A Modbus server written by others (Debian python3-pymodbus), for the plugin to be tested against.

usage: pymodbus-server.py tcp PORT | rtu-over-tcp PORT | rtu PATH
Units 1 and 7. Holding register n starts as 1000 + n, input register n as 2000 + n, coil n as n odd,
discrete input n as n even; 0..199 exist. Prints "ready" once it is about to serve.
"""

import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

SIZE = 200


def unit():
    block = ModbusSequentialDataBlock
    return ModbusSlaveContext(
        di=block(0, [n % 2 == 0 for n in range(SIZE)]),
        co=block(0, [n % 2 == 1 for n in range(SIZE)]),
        ir=block(0, [2000 + n for n in range(SIZE)]),
        hr=block(0, [1000 + n for n in range(SIZE)]),
        zero_mode=True,
    )


async def serve(kind, where):
    context = ModbusServerContext(slaves={1: unit(), 7: unit()}, single=False)
    identity = ModbusDeviceIdentification(
        info_name={"VendorName": "Someone Else", "ProductCode": "PM", "MajorMinorRevision": "3.0"}
    )
    print("ready", flush=True)
    if kind == "rtu":
        await StartAsyncSerialServer(
            context=context, identity=identity, framer=ModbusRtuFramer, port=where, baudrate=19200
        )
    else:
        framer = ModbusSocketFramer if kind == "tcp" else ModbusRtuFramer
        await StartAsyncTcpServer(
            context=context, identity=identity, framer=framer, address=("127.0.0.1", int(where)), allow_reuse_address=True
        )


asyncio.run(serve(sys.argv[1], sys.argv[2]))
