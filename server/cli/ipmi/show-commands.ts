import type { Command } from "commander";
import { named as columns, withOutput } from "../on-call/output.ts";
import { portNumber, whole } from "../numbers.ts";
import type { ExitCode } from "../terminal.ts";
import { wordArgument } from "./control-commands.ts";
import type { McOptions, McWord } from "./controller.ts";
import type { FruOptions } from "./fru.ts";
import { hostOption, timeoutOption, withBmc } from "./login.ts";
import type { LanOptions, UsersOptions } from "./network.ts";
import type { PingOptions, ScanOptions } from "./presence.ts";
import { addressRange } from "./range.ts";
import type { SdrOptions } from "./sdr.ts";
import type { SelOptions, SelWord } from "./sel.ts";
import type { SensorsOptions } from "./sensors.ts";

/** Those that mostly show something. */
export function addShowCommands(ipmi: Command, ended: (code: ExitCode) => void): void {
  addSensors(ipmi, ended);
  addSdr(ipmi, ended);
  addSel(ipmi, ended);
  addFru(ipmi, ended);
  addMc(ipmi, ended);
  addLan(ipmi, ended);
  addUsers(ipmi, ended);
  addPing(ipmi, ended);
  addScan(ipmi, ended);
}

function addSensors(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("sensors")
    .description("what every sensor says now, and whether that is well")
    .argument("[sensor...]", "names, or patterns such as 'CPU*'; none: all that can be read")
    .option("--type <sensor-type>", "only these, e.g. temperature, fan, voltage, 'power supply'")
    .option("--thresholds", "with the thresholds, and the state checked against them")
    .option("--faults", "only those that are not well")
    .option("--strict", "end with 1 when one is critical");
  withBmc(
    withOutput(command, columns("sensor,value,unit,state,lnc,lc,lnr,unc,uc,unr,type,entity,number,reason")),
  );
  command.action(async (names: readonly string[], _options: SensorsOptions, self: Command) => {
    const { sensors } = await import("./sensors.ts");
    ended(await sensors(names, self.optsWithGlobals<SensorsOptions>()));
  });
}

function addSdr(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi.command("sdr").description("the sensor data records: what is there to be asked");
  withBmc(withOutput(command, columns("record,kind,name,sensor,entity,detail")));
  command.action(async (_options: SdrOptions, self: Command) => {
    const { sdr } = await import("./sdr.ts");
    ended(await sdr(self.optsWithGlobals<SdrOptions>()));
  });
}

function addSel(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("sel")
    .description("the event log: list it, how full it is, clear it, its clock")
    .addArgument(wordArgument(["list", "info", "clear", "time"], "what to do"))
    .option("--last <number>", "only the newest, with `list`", whole(1, 65_535))
    .option("--set", "with `time`: set its clock to this machine's, in UTC")
    .option("-y, --yes", "do not ask whether it is meant");
  withBmc(withOutput(command, columns("id,time,sensor,event,type")));
  command.action(async (word: SelWord, _options: SelOptions, self: Command) => {
    const { sel } = await import("./sel.ts");
    ended(await sel(word, self.optsWithGlobals<SelOptions>()));
  });
}

function addFru(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("fru")
    .description("the inventory: makers, products, serial numbers")
    .option("--id <number>", "only this one", whole(0, 254))
    .option("--json", "as a JSON list");
  withBmc(command).action(async (_options: FruOptions, self: Command) => {
    const { fru } = await import("./fru.ts");
    ended(await fru(self.optsWithGlobals<FruOptions>()));
  });
}

function addMc(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("mc")
    .description("the BMC itself: who it is, its GUID, its self test, restart it")
    .addArgument(wordArgument(["info", "guid", "reset", "selftest"], "what to do"))
    .option("--warm", "with `reset`: a warm one, which not all know")
    .option("-y, --yes", "do not ask whether it is meant")
    .option("--json", "as one JSON object");
  withBmc(command).action(async (word: McWord, _options: McOptions, self: Command) => {
    const { mc } = await import("./controller.ts");
    ended(await mc(word, self.optsWithGlobals<McOptions>()));
  });
}

const channel = [
  "--channel <number>",
  "another channel than the one this comes in by",
  whole(0, 15),
] as const;

function addLan(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("lan")
    .description("how the BMC is connected: addresses, VLAN, cipher suites")
    .option(...channel)
    .option("--json", "as one JSON object");
  withBmc(command).action(async (_options: LanOptions, self: Command) => {
    const { lan } = await import("./network.ts");
    ended(await lan(self.optsWithGlobals<LanOptions>()));
  });
}

function addUsers(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("users")
    .description("the accounts of the BMC, and what they may do")
    .option(...channel);
  withBmc(withOutput(command, columns("id,name,level,enabled,messaging,callback")));
  command.action(async (_options: UsersOptions, self: Command) => {
    const { users } = await import("./network.ts");
    ended(await users(self.optsWithGlobals<UsersOptions>()));
  });
}

function addPing(ipmi: Command, ended: (code: ExitCode) => void): void {
  ipmi
    .command("ping")
    .description("whether there is a BMC, without logging in; some never answer")
    .argument("[bmc]", "its address (default: --host)")
    .addOption(hostOption())
    .addOption(timeoutOption())
    .option("--json", "as one JSON object")
    .action(async (bmc: string | undefined, _options: PingOptions, self: Command) => {
      const { ping } = await import("./presence.ts");
      ended(await ping(bmc, self.optsWithGlobals<PingOptions>()));
    });
}

function addScan(ipmi: Command, ended: (code: ExitCode) => void): void {
  const command = ipmi
    .command("scan")
    .description("which addresses of a network have a BMC, without logging in")
    .argument(
      "<range...>",
      "e.g. 10.0.0.0/24, 10.0.0.1-50, 2001:db8::10-2f",
      (text: string, before: readonly (readonly string[])[] | undefined) => [
        ...(before ?? []),
        addressRange(text),
      ],
    )
    .option("--port <number>", "UDP port (default: 623)", portNumber)
    .addOption(timeoutOption());
  withOutput(command, columns("address,ipmi,took,maker"));
  command.action(async (ranges: readonly (readonly string[])[], _options: ScanOptions, self: Command) => {
    const { scan } = await import("./presence.ts");
    ended(await scan(ranges, self.optsWithGlobals<ScanOptions>()));
  });
}
