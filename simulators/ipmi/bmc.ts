import type { Cancel, Clock, Millis } from "../clock.ts";
import { createRandom, type Random } from "../random.ts";
import { assemble, identityOf } from "./assemble.ts";
import type { BmcOptions } from "./bmc-options.ts";
import { createDispatcher } from "./command.ts";
import { commandsOf } from "./commands/index.ts";
import { type BmcFaults, createFaults } from "./faults.ts";
import type { Host } from "./host.ts";
import { createLanServer, type LanServer } from "./lan/server.ts";
import type { Peer } from "./lan/sessions.ts";
import type { BmcModel } from "./model.ts";
import { createNetwork } from "./network.ts";
import { createOutlet } from "./outlet.ts";
import type { BmcParts } from "./parts.ts";
import type { EventLog } from "./sel.ts";
import type { Sensors } from "./sensors.ts";

export type { BmcOptions };

export interface SimulatedBmc {
  readonly name: string;
  readonly model: BmcModel;
  readonly guid: Uint8Array;
  /** What it does wrong; may be changed at any time. */
  readonly faults: BmcFaults;
  readonly host: Host;
  readonly sensors: Sensors;
  readonly log: EventLog;
  /** What the rest of the simulation may look at and change. */
  readonly parts: BmcParts;
  /** Whether it has power and has started. */
  readonly alive: boolean;
  /** How often a command was carried out; repetitions that were answered from memory are not counted. */
  executed(netFn: number, command: number): number;
  /** A packet that arrived. @param reply called for each packet that goes back, maybe later, maybe never */
  receive(packet: Buffer, from: Peer, reply: (packet: Buffer) => void): void;
  /** Sets who sends its traps. */
  onTrap(send: (packet: Buffer, to: Peer) => void): void;
  /** Lets simulated time pass: heat, sensors, events. */
  tick(dtSeconds: number): void;
  /** Starts the BMC anew: silence, then every session is gone. The server goes on. @param silence default: `starting` */
  restart(silence?: Millis): void;
  close(): void;
}

/** The answer to a reset of the BMC is sent before it happens. */
const answerFirst: Millis = 20;
const usualStart: Millis = 12_000;

/** A BMC and the server it looks after. It knows nothing of sockets; `serveBmcs` gives it one. */
export function createBmc(options: BmcOptions): SimulatedBmc {
  const { clock, name = "bmc" } = options;
  const random = options.random ?? createRandom(1, name);
  const faults = createFaults();
  const executed = new Map<number, number>();
  let trap: (packet: Buffer, to: Peer) => void = () => undefined;
  const assembled = assemble(options, name, random, faults, {
    restart: () => void clock.at(clock.monotonic() + answerFirst, () => outlet.restart()),
    trap: (packet, to) => trap(packet, to),
  });
  const { parts } = assembled;
  const { host, chassis, sessions } = parts;
  const outlet = createOutlet({
    ...{ clock, chassis, host, supplied: assembled.supplied },
    starting: options.starting ?? usualStart,
    stopped: () => {
      sessions.clear();
      parts.watchdog.stop();
      parts.pef.close();
    },
  });
  const server = serverOf(options, name, parts, { random, faults, executed });
  const mostSessions = sessions.limit;
  const network = createNetwork(clock, random, faults);
  const tick = (dtSeconds: number): void => {
    outlet.check();
    assembled.tick(dtSeconds, outlet.alive());
  };
  const stopTicking = tickEvery(clock, options.period ?? 1000, tick);

  return {
    ...{ name, faults, parts, host, tick },
    ...{ model: parts.model, guid: parts.guid, sensors: parts.sensors, log: parts.log },
    get alive() {
      return outlet.alive();
    },
    executed: (netFn, command) => executed.get((netFn << 8) | command) ?? 0,
    receive(packet, from, reply) {
      if (!outlet.alive() || network.lost()) return;
      sessions.limit = faults.singleSession ? 1 : mostSessions;
      const answer = server.receive(packet, from);
      if (answer !== undefined) network.send(answer, reply);
    },
    onTrap(send) {
      trap = send;
    },
    restart: (silence) => outlet.restart(silence),
    close() {
      stopTicking();
      outlet.close();
      assembled.close();
      network.close();
    },
  };
}

const getSdr: readonly number[] = [0x0a23, 0x0421];
const longRead = 16;

function serverOf(
  options: BmcOptions,
  name: string,
  parts: BmcParts,
  { random, faults, executed }: { random: Random; faults: BmcFaults; executed: Map<number, number> },
): LanServer {
  const dispatcher = createDispatcher(commandsOf(parts));
  return createLanServer({
    ...identityOf(options, name),
    clock: options.clock,
    sessions: parts.sessions,
    users: parts.users,
    legacy: options.legacy ?? false,
    spoiled: () => faults.badChecksum > 0 && random.next() < faults.badChecksum,
    execute(netFn, command, call) {
      const key = (netFn << 8) | command;
      if (faults.hang.has(key)) return undefined;
      if (faults.shortSdr && getSdr.includes(key) && (call.data[5] ?? 0) > longRead) return undefined;
      executed.set(key, (executed.get(key) ?? 0) + 1);
      return dispatcher.run(netFn, command, call);
    },
  });
}

function tickEvery(clock: Clock, period: Millis, tick: (dtSeconds: number) => void): Cancel {
  let cancel: Cancel = () => undefined;
  let due = clock.monotonic();
  const arm = (): void => {
    due = Math.max(due + period, clock.monotonic());
    cancel = clock.at(due, () => {
      tick(period / 1000);
      arm();
    });
  };
  if (period > 0) arm();
  return () => cancel();
}
