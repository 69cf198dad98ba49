import type { FaultKind } from "../../simulators/fault-text.ts";
import type { ActiveFault } from "../../simulators/faults.ts";
import { diagnosedWithin, diagnoses, type Diagnosis } from "./score-diagnosis.ts";

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
  /** The same to the alarm that says what is broken, of kinds for which there is one, once they could be seen. */
  readonly diagnosis: readonly Diagnosis[];
  /** The last alarms, in order; s since the start of the simulation. */
  readonly list: readonly { readonly at: number; readonly controller: string; readonly id: string }[];
}

interface Injected {
  readonly id: number;
  readonly text: string;
  readonly fault: ActiveFault;
  readonly from: number;
  until: number;
  /** When it could first be seen; NaN: not yet. */
  visible: number;
  diagnosed?: { readonly seconds: number; readonly alarm: string };
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

/** What else is told of faults and controllers. */
export interface AlarmHooks {
  /** Whether a fault could be seen now. @param age s since it began */
  readonly visible?: (fault: ActiveFault, age: number) => boolean;
  readonly ended?: (fault: string) => void;
  readonly changed?: (what: "swap" | "automatic") => void;
}

/** @param time s since the start of the simulation */
export function createAlarmWatch(time: () => number, quiet: readonly FaultKind[], hooks: AlarmHooks = {}) {
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
      injected.push({ id: fault.id, text, fault, from: time(), until: Infinity, visible: NaN });
    }
    for (const one of injected) {
      if (one.until !== Infinity) continue;
      if (active.some(({ id }) => id === one.id)) {
        if (Number.isNaN(one.visible) && (hooks.visible?.(one.fault, time() - one.from) ?? true))
          one.visible = time();
        continue;
      }
      one.until = time();
      hooks.ended?.(one.text);
    }
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
    const alarm = `${controller} ${id}`;
    for (const one of injected) {
      if (one.until + afterwards < time()) continue;
      one.noticed ??= { seconds: time() - one.from, alarm };
      if (one.diagnosed === undefined && diagnoses(one.fault, id)) {
        if (Number.isNaN(one.visible)) one.visible = time();
        one.diagnosed = { seconds: time() - one.visible, alarm };
      }
    }
  };
  const mode = (controller: string, now: string): void => {
    look();
    if (now === "automatic") {
      if (trusted.has(controller)) hooks.changed?.("automatic");
      trusted.add(controller);
    }
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
        else if (event.kind === "swapped" || event.kind === "rolled back") hooks.changed?.("swap");
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
        .filter(({ noticed, fault }) => noticed === undefined && !quiet.includes(fault.kind))
        .map(({ text }) => text),
      detection: injected.flatMap(({ text, noticed }) =>
        noticed === undefined ? [] : [{ fault: text, ...noticed }],
      ),
      diagnosis: injected.flatMap(({ text, fault, visible, until, diagnosed }): Diagnosis[] => {
        const within = diagnosedWithin(fault);
        if (within === undefined) return [];
        if (diagnosed !== undefined) return [{ fault: text, within, ...diagnosed }];
        // Over, or still going on, but for a time in which it need not have been found.
        const seen = Math.min(until, time()) - visible;
        return seen > within ? [{ fault: text, within, seconds: Infinity }] : [];
      }),
    }),
    /** No controller is in fail-safe. */
    trusted: (): boolean => failed.size === 0,
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
