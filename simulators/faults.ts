import type { Cancel, Clock, Millis } from "./clock.ts";
import { otherOf } from "./fault-arguments.ts";
import {
  type Fault,
  FaultError,
  type FaultKind,
  type FaultSpec,
  faultSpecs,
  type ScriptEntry,
  type TargetKind,
} from "./fault-text.ts";
import type { Misbehaviour } from "./modbus/serve.ts";
import { createRandom } from "./random.ts";

/** Something a fault can be put on. */
export interface FaultTarget {
  readonly name: string;
  readonly kind: TargetKind;
  /** Kinds that make no sense here, each with the reason. */
  readonly refuses?: Partial<Record<FaultKind, string>>;
  /** Names for `stuck`. */
  readonly sensors?: readonly string[];
  /** Names for what else sensors can have. */
  readonly faultySensors?: readonly string[];
}

export interface ActiveFault extends Fault {
  readonly id: number;
  /** `clock.monotonic()` when it began. */
  readonly since: Millis;
}

export interface FaultBoard {
  /** @throws FaultError for an unknown target or a fault it cannot have */
  add(fault: Fault): ActiveFault;
  /** Ends one fault, or all. @throws FaultError for an id that is not active */
  clear(id?: number): void;
  list(): readonly ActiveFault[];
  /** Plays a script from now on; the returned function stops it, active faults stay. @throws FaultError */
  run(script: readonly ScriptEntry[]): Cancel;
  /** How a unit answers this time. */
  misbehave(unit: string): Misbehaviour;
  /** What becomes of bytes on a line; nothing, while it is cut. */
  disturb(line: string, bytes: Uint8Array): Uint8Array;
  passes(line: string): boolean;
  close(): void;
}

export interface FaultBoardOptions {
  readonly clock: Clock;
  readonly seed?: number;
  readonly targets: readonly FaultTarget[];
  /** Told when a fault begins and ends, with the faults active by then. */
  readonly changed?: (fault: ActiveFault, active: readonly ActiveFault[], begins: boolean) => void;
}

/** How much later than usual an answer is that must miss the client's timeout, unless said otherwise. */
const lateness: Millis = 1500;
const strayBytes = Uint8Array.of(0x55, 0xaa, 0x0f, 0xf0);
const missingBytes = 3;

export function createFaultBoard(options: FaultBoardOptions): FaultBoard {
  const { clock } = options;
  const random = createRandom(options.seed ?? 1, "faults");
  const active = new Map<number, ActiveFault>();
  const timers = new Map<number, Cancel>();
  const scripts = new Set<Cancel>();
  let lastId = 0;

  const list = (): readonly ActiveFault[] => [...active.values()];
  const on = (target: string): readonly ActiveFault[] => list().filter((fault) => fault.target === target);
  const end = (id: number): void => {
    const fault = active.get(id);
    if (fault === undefined) throw new FaultError(`no fault ${id} is active`);
    active.delete(id);
    timers.get(id)?.();
    timers.delete(id);
    options.changed?.(fault, list(), false);
  };
  const add = (fault: Fault): ActiveFault => {
    check(fault, options.targets);
    const begun: ActiveFault = { ...fault, id: ++lastId, since: clock.monotonic() };
    active.set(begun.id, begun);
    if (fault.duration !== undefined) {
      timers.set(
        begun.id,
        clock.at(begun.since + fault.duration, () => end(begun.id)),
      );
    }
    options.changed?.(begun, list(), true);
    return begun;
  };
  const passes = (line: string): boolean => !on(line).some(({ kind }) => kind === "line-cut");
  const clear = (id?: number): void => (id === undefined ? [...active.keys()] : [id]).forEach(end);

  return {
    add,
    clear,
    list,
    passes,
    run(script) {
      for (const { fault } of script) check(fault, options.targets);
      const start = clock.monotonic();
      const cancels = script.map(({ at, fault }) => clock.at(start + at, () => add(fault)));
      const stop = (): void => {
        cancels.forEach((cancel) => cancel());
        scripts.delete(stop);
      };
      scripts.add(stop);
      return stop;
    },
    misbehave(unit) {
      const hit = on(unit).filter(({ probability = 1 }) => probability === 1 || random.next() < probability);
      return hit.reduce<Misbehaviour>((sum, fault) => combine(sum, misbehaviourOf(fault)), {});
    },
    disturb(line, bytes) {
      if (!passes(line)) return new Uint8Array(0);
      const share = on(line).reduce((sum, { bits = 0 }) => sum + bits, 0);
      if (share === 0) return bytes;
      return bytes.map((byte) => {
        for (let bit = 0; bit < 8; bit++) if (random.next() < share) byte ^= 1 << bit;
        return byte;
      });
    },
    close() {
      scripts.forEach((stop) => stop());
      timers.forEach((cancel) => cancel());
    },
  };
}

function check(fault: Fault, targets: readonly FaultTarget[]): void {
  const spec: FaultSpec = faultSpecs[fault.kind];
  const fits = ({ kind }: FaultTarget): boolean => kind === spec.target || kind === spec.also;
  const fitting = targets.filter(fits);
  const target = targets.find(({ name }) => name === fault.target);
  if (target === undefined || !fits(target)) {
    const names = fitting
      .filter(({ refuses }) => refuses?.[fault.kind] === undefined)
      .map(({ name }) => name);
    throw new FaultError(
      `${fault.kind} cannot be put on "${fault.target}"; it can be on ${names.join(", ")}`,
    );
  }
  const reason = target.refuses?.[fault.kind];
  if (reason !== undefined) throw new FaultError(`${fault.kind} cannot be put on ${target.name}: ${reason}`);
  const sensors = (fault.kind === "stuck" ? target.sensors : target.faultySensors) ?? [];
  const named = fault.kind === "stuck" || fault.sensor !== undefined;
  if (named && !sensors.includes(fault.sensor ?? sensors[0] ?? "")) {
    const wanted = fault.sensor === undefined ? "no sensor" : `no sensor "${fault.sensor}"`;
    throw new FaultError(`${target.name} has ${wanted}; it has ${sensors.join(", ") || "none"}`);
  }
  if (fault.other !== undefined) checkOther(fault, targets);
}

function checkOther(fault: Fault, targets: readonly FaultTarget[]): void {
  const { unit, sensor } = otherOf(fault);
  const there = targets.find(({ name }) => name === unit)?.faultySensors ?? [];
  if (!there.includes(sensor))
    throw new FaultError(`${unit} has no sensor "${sensor}"; it has ${there.join(", ") || "none"}`);
  if (unit === fault.target && sensor === fault.sensor)
    throw new FaultError(`${unit} ${sensor} cannot be swapped with itself`);
}

function combine(a: Misbehaviour, b: Misbehaviour): Misbehaviour {
  const [first, second] = [a.frame, b.frame];
  const frame: Misbehaviour["frame"] =
    first && second ? (bytes, checked) => second(first(bytes, checked), checked) : (second ?? first);
  return {
    ...a,
    ...b,
    delay: (a.delay ?? 0) + (b.delay ?? 0),
    ...(frame === undefined ? {} : { frame }),
  };
}

function misbehaviourOf(fault: Fault): Misbehaviour {
  // Faults of the world, of sensors and of BMCs leave the answers of units as they are.
  const kind: string = fault.kind;
  switch (kind) {
    case "silent":
      return { silent: true };
    case "slow":
    case "late":
      return { delay: fault.delay ?? lateness };
    case "exception":
      return { exception: fault.code ?? 4 };
    case "wrong-unit":
      return { unit: (unit) => (unit % 247) + 1 };
    case "bad-crc":
      return { frame: (bytes) => bytes.map((byte, i) => (i >= bytes.length - 2 ? byte ^ 0x5a : byte)) };
    case "short-frame":
      return { frame: (bytes) => bytes.slice(0, -missingBytes) };
    case "long-frame":
      // Before the check sum: behind it they would be mere noise after a sound answer.
      return {
        frame: (bytes, checked) => {
          const end = bytes.length - checked;
          return Uint8Array.from([...bytes.subarray(0, end), ...strayBytes, ...bytes.subarray(end)]);
        },
      };
    default:
      return {};
  }
}
