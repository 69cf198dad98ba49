#!/usr/bin/env python3
"""pyghmi's BMC: power, boot device, and (through its hook for raw requests) a DCMI power reading of 340 W.

  pyghmi-bmc.py PORT      binds it on 127.0.0.1 and prints it; user admin, password password
"""
import struct
import sys

from pyghmi.ipmi import bmc


class Bmc(bmc.Bmc):
    power = "on"
    boot = "default"

    def get_power_state(self):
        return self.power

    def power_on(self):
        self.power = "on"

    def power_off(self):
        self.power = "off"

    def power_shutdown(self):
        self.power = "off"

    def power_cycle(self):
        self.power = "on"

    def power_reset(self):
        pass

    def is_active(self):
        return self.power == "on"

    def get_boot_device(self):
        return self.boot

    def set_boot_device(self, device):
        self.boot = device

    def handle_raw_request(self, request, session):
        asked = (request["netfn"], request["command"], bytes(request["data"][:2]))
        if asked != (0x2C, 0x02, b"\xdc\x01"):
            return super().handle_raw_request(request, session)
        reading = struct.pack("<HHHHIIB", 340, 80, 420, 330, 1_700_000_000, 1000, 0x40)
        session.send_ipmi_response(data=[0xDC, *reading])


port = int(sys.argv[1])
server = Bmc({"admin": "password"}, port=port, address="127.0.0.1")
print(port, flush=True)
server.listen()
