import { type ChildProcess, execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep, systemClock } from "../../devices/clock.ts";
import {
  emulatorCommands,
  eventLog,
  lanConfig,
  recordSource,
  type SimConfig,
  simUsers,
} from "../ipmi/peers/ipmi_sim/config.ts";
import { boundFolder } from "./bound-folder.ts";
import { spawnBound } from "./bound-process.ts";

export interface IpmiSimOptions {
  /** Further sensors, numbered from 32: half degrees, 50 °C at first. Default 0. */
  readonly extraSensors?: number;
  /** Leaves out the base set of 25 sensors. */
  readonly onlyExtra?: boolean;
  /** The further sensors follow `folder/sensors/NUMBER` (a decimal raw value), looked at this often. */
  readonly pollMillis?: number;
  /** Serial over LAN leads to this TCP port of 127.0.0.1. */
  readonly solPort?: number;
  /** K_G, at most 19 characters. */
  readonly bmcKey?: string;
  /** Names in 8-bit ASCII only; otherwise one is packed, which makes pyghmi loop for ever. */
  readonly plainNames?: boolean;
  /** How long a soft shutdown takes. Default 1. */
  readonly softOffSeconds?: number;
}

/** OpenIPMI's simulated BMC (`ipmi_sim`), on 127.0.0.1. */
export interface IpmiSim {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Names and passwords. `disabled` may not log in. */
  readonly users: typeof simUsers;
  /** Its state: `chassis/` (power, boot, identify, log …), `sensors/`. */
  readonly folder: string;
  /** A command of its console, such as `sensor_set_value 0x20 0 2 82 1`. Raw bytes, 0x20 0 before each sensor number. */
  command(line: string): Promise<string>;
  /** What a file below `folder` says, without its last line end; undefined when there is none. */
  file(path: string): string | undefined;
  /** Ends it as a power cut would: nothing is said to its clients. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same state. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const programs = fileURLToPath(new URL("../ipmi/peers/ipmi_sim", import.meta.url));

/** Starts one, until the test ends. */
export async function startIpmiSim(t: TestContext, options: IpmiSimOptions = {}): Promise<IpmiSim> {
  const sim = await launchIpmiSim(options);
  t.after(() => sim.stop());
  return sim;
}

/** Starts one; whoever calls this calls `stop()` too. */
export async function launchIpmiSim(options: IpmiSimOptions = {}): Promise<IpmiSim> {
  const { path: folder, remove } = boundFolder("bothy-ipmi-sim-");
  const port = await freeUdpPort();
  const config = (consolePort: number): SimConfig => ({
    ...{ folder, port, consolePort, programs },
    extraSensors: options.extraSensors ?? 0,
    onlyExtra: options.onlyExtra ?? false,
    pollMillis: options.pollMillis,
    solPort: options.solPort,
    bmcKey: options.bmcKey,
  });
  prepare(config(0), options.plainNames ?? false);
  let running: Running | undefined;
  const start = async (): Promise<void> => {
    // A new port for its console: the old one may be in TIME_WAIT, and then it would not start.
    const consolePort = await freeTcpPort();
    writeFileSync(join(folder, "lan.conf"), lanConfig(config(consolePort)));
    running = await run(folder, port, consolePort, options.softOffSeconds ?? 1);
  };
  const kill = async (): Promise<void> => {
    await running?.end();
    running = undefined;
  };
  await start();
  return {
    ...{ host: "127.0.0.1", port, users: simUsers, folder, kill, start },
    command: async (line) => {
      if (running === undefined) throw new Error("ipmi_sim does not run");
      return running.command(line);
    },
    file: (path) => textOf(join(folder, path)),
    stop: async () => {
      await kill();
      remove();
    },
  };
}

function prepare(config: SimConfig, plainNames: boolean): void {
  const { folder } = config;
  const state = join(folder, "ipmi_sim", "edgesim");
  for (const path of [state, ...["chassis", "lan", "sensors"].map((name) => join(folder, name))]) {
    mkdirSync(path, { recursive: true });
  }
  if (config.pollMillis !== undefined) {
    for (let index = 0; index < config.extraSensors; index++) {
      writeFileSync(join(folder, "sensors", String(32 + index)), "100\n");
    }
  }
  // Copies: it writes to them when it is told to.
  for (const name of ["fru0.bin", "fru1.bin", "fru2.bin"])
    copyFileSync(join(programs, name), join(folder, name));
  writeFileSync(join(folder, "bmc.sdrs"), recordSource(config));
  writeFileSync(join(folder, "bmc.emu"), emulatorCommands(config));
  writeFileSync(join(state, "sel.20"), eventLog());
  const records = join(state, "sdr.20.main");
  execFileSync("sdrcomp", [...(plainNames ? ["-8"] : []), "-o", records, join(folder, "bmc.sdrs")]);
}

interface Running {
  command(line: string): Promise<string>;
  end(): Promise<void>;
}

async function run(
  folder: string,
  port: number,
  consolePort: number,
  softOffSeconds: number,
): Promise<Running> {
  const args = ["-n", "-c", join(folder, "lan.conf"), "-f", join(folder, "bmc.emu"), "-s", folder];
  const env = { ...process.env, SOFT_OFF_SECONDS: String(softOffSeconds) };
  const child = spawnBound("ipmi_sim", args, env);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text: Buffer) => (said += text.toString()));
  await answering(child, port, () => said);
  let terminal: Promise<Terminal> | undefined;
  return {
    command: async (line) => (await (terminal ??= openTerminal(consolePort)))(line),
    end: async () => {
      // It must not outlive its client: it would die of a broken pipe, or keep the port.
      (await terminal)?.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Resolves when the port answers a presence ping. */
async function answering(child: ChildProcess, port: number, said: () => string): Promise<void> {
  const socket = createSocket("udp4");
  const heard: Buffer[] = [];
  socket.on("message", (pong) => heard.push(pong));
  try {
    while (heard.length === 0) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`ipmi_sim ended at once: ${said()}`);
      }
      socket.send(Buffer.from("0600ff06000011be80000000", "hex"), port, "127.0.0.1");
      await sleep(systemClock, 10);
    }
  } finally {
    socket.close();
  }
}

interface Terminal {
  (line: string): Promise<string>;
  close(): void;
}

/** One connection to the console; commands go one after the other, as each ends with the prompt. */
async function openTerminal(port: number): Promise<Terminal> {
  const socket: Socket = connect(port, "127.0.0.1");
  let text = "";
  let wake: () => void = () => undefined;
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
    wake();
  });
  socket.on("error", () => wake());
  socket.on("close", () => wake());
  const untilPrompt = async (): Promise<string> => {
    while (!text.endsWith("> ")) {
      if (socket.destroyed) throw new Error("the console of ipmi_sim has gone");
      await new Promise<void>((resolve) => (wake = resolve));
    }
    const answer = text.slice(0, -2).trim();
    text = "";
    return answer;
  };
  let turn: Promise<unknown> = untilPrompt();
  const ask = (line: string): Promise<string> => {
    const answer = turn.then(() => {
      socket.write(`${line}\n`);
      return untilPrompt();
    });
    turn = answer.catch(() => undefined);
    return answer;
  };
  await ask("noecho");
  const command = async (line: string): Promise<string> => {
    const answer = await ask(line);
    if (answer.startsWith("**")) throw new Error(`ipmi_sim: ${line}: ${answer}`);
    return answer;
  };
  return Object.assign(command, { close: () => socket.destroy() });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch {
    return undefined;
  }
}

/** A UDP port of 127.0.0.1 that nobody uses at the moment. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
