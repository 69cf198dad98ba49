import type { FaultKind } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";

/** Alarms of controllers, held against the faults that were injected. */
export interface AlarmScore {
  readonly raised: number;
  readonly perDay: number;
  readonly standing: number;
  /** Raised while nothing was wrong, nor had been for half an hour. */
  readonly unfounded: number;
  /** Faults during which nothing was raised, as people write them. */
  readonly missed: readonly string[];
  /** s from each fault that was noticed to the first alarm. */
  readonly detection: readonly { readonly fault: string; readonly seconds: number; readonly alarm: string }[];
  /** The last alarms, in order; s since the start of the simulation. */
  readonly list: readonly { readonly at: number; readonly controller: string; readonly id: string }[];
}

interface Injected {
  readonly id: number;
  readonly text: string;
  readonly kind: FaultKind;
  readonly from: number;
  until: number;
  noticed?: { readonly seconds: number; readonly alarm: string };
}

const afterwards = 1800; // s for which alarms may follow from what is over
const lookEvery = 5; // s
/** So many alarms, and faults that are over, are told of one by one, however long a simulation lasts. */
export const mostListed = 1000;

/** What is told of controllers; a runtime tells more. */
export interface ScoreEvent {
  readonly kind: string;
  readonly controller: string;
  readonly mode?: string;
  readonly alarm?: { readonly id: string };
}
export interface Watched {
  list(): readonly { readonly name: string; readonly mode: string }[];
  onEvent(listener: (event: ScoreEvent) => void): unknown;
}

/** @param time s since the start of the simulation */
export function createAlarmWatch(time: () => number, quiet: readonly FaultKind[]) {
  let list: { at: number; controller: string; id: string }[] = [];
  let injected: Injected[] = [];
  let count = 0;
  let standing = 0;
  let unfounded = 0;
  const safe = { seconds: 0, entries: 0, unnecessary: 0 };
  const trusted = new Set<string>();
  const failed = new Set<string>();
  let [seconds, due] = [0, 0];
  let faults: () => readonly ActiveFault[] = () => [];

  const wrong = (): boolean => injected.some(({ until }) => until + afterwards >= time());
  const look = (): void => {
    const active = faults();
    for (const fault of active) {
      if (injected.some(({ id }) => id === fault.id)) continue;
      const text = `${fault.target} ${fault.kind}`;
      injected.push({ id: fault.id, text, kind: fault.kind, from: time(), until: Infinity });
    }
    for (const one of injected)
      if (one.until === Infinity && !active.some(({ id }) => id === one.id)) one.until = time();
    if (injected.length > 2 * mostListed)
      injected = injected.filter(({ until }, i) => until === Infinity || i >= injected.length - mostListed);
  };
  const raised = (controller: string, id: string): void => {
    look();
    count++;
    list.push({ at: time(), controller, id });
    // Cut seldom, so that it costs nothing in between.
    if (list.length >= 2 * mostListed) list = list.slice(-mostListed);
    standing++;
    if (!wrong()) unfounded++;
    for (const one of injected)
      if (one.noticed === undefined && one.until + afterwards >= time())
        one.noticed = { seconds: time() - one.from, alarm: `${controller} ${id}` };
  };
  const mode = (controller: string, now: string): void => {
    look();
    if (now === "automatic") trusted.add(controller);
    if (now === "fail-safe") {
      failed.add(controller);
      // What begins in fail-safe has not entered it.
      if (trusted.has(controller)) {
        safe.entries++;
        if (!wrong()) safe.unnecessary++;
      }
    } else failed.delete(controller);
  };
  return {
    watch(controllers: Watched, active: () => readonly ActiveFault[]): void {
      faults = active;
      for (const { name, mode: now } of controllers.list()) mode(name, now);
      controllers.onEvent((event) => {
        if (event.kind === "raised") raised(event.controller, event.alarm?.id ?? "");
        else if (event.kind === "cleared") standing = Math.max(0, standing - 1);
        else if (event.kind === "mode") mode(event.controller, event.mode ?? "");
      });
    },
    note(dtSeconds: number): void {
      seconds += dtSeconds;
      if (failed.size > 0) safe.seconds += dtSeconds;
      due -= dtSeconds;
      if (due > 0) return;
      due = lookEvery;
      look();
    },
    report: (): AlarmScore => ({
      raised: count,
      perDay: seconds === 0 ? 0 : (count * 86_400) / seconds,
      ...{ standing, unfounded, list: list.slice(-mostListed) },
      missed: injected
        .filter(({ noticed, kind }) => noticed === undefined && !quiet.includes(kind))
        .map(({ text }) => text),
      detection: injected.flatMap(({ text, noticed }) =>
        noticed === undefined ? [] : [{ fault: text, ...noticed }],
      ),
    }),
    failSafe: () => ({ minutes: safe.seconds / 60, entries: safe.entries, unnecessary: safe.unnecessary }),
    reset(): void {
      list = [];
      injected = [];
      count = 0;
      unfounded = 0;
      seconds = 0;
      Object.assign(safe, { seconds: 0, entries: 0, unnecessary: 0 });
    },
  };
}
