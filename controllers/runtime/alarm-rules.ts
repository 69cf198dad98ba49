import type { Instant, Millis } from "../../devices/clock.ts";
import { glob } from "../../devices/glob.ts";
import type { Alarm } from "../contract.ts";
import type { AlarmRule, By, Latch } from "./api.ts";

/** Of one controller; those that begin besides do not latch. */
const mostLatched = 500;

export interface Ruled {
  readonly alarm: Alarm;
  /** Absent: it ends with its condition. */
  readonly latch?: Latch;
}

/** A latched alarm as it outlasts the program. JSON. */
export interface KeptAlarm {
  readonly alarm: Alarm;
  readonly since: Instant;
  readonly acknowledged?: By & { readonly at: Instant };
  /** No rule of the configuration latches it, but what it is. */
  readonly always?: true;
}

interface Course {
  alarm: Alarm;
  present: boolean;
  /** On the monotonic clock: since when it is present, or is not. */
  turned: Millis;
  on: boolean;
  /** Decided when it begins. */
  latches: boolean;
  /** Of something that happened: it latches whatever the configuration says. */
  always?: true;
  acknowledged?: By & { readonly at: Instant };
}

/**
 * When the alarms of one controller begin and end, as its configuration says: only after their condition has lasted, only
 * after it has been over for a while, and not before somebody has acknowledged them.
 */
export class AlarmRules {
  readonly #rules: readonly (readonly [matches: (id: string) => boolean, rule: AlarmRule])[];
  readonly #courses = new Map<string, Course>();

  /** @param rules by id; `*` is anything. Of several that match, an id itself, then the first */
  constructor(rules: Readonly<Record<string, AlarmRule>>) {
    this.#rules = Object.entries(rules)
      .toSorted(([a], [b]) => +a.includes("*") - +b.includes("*"))
      .map(([pattern, rule]) => [glob(pattern), rule]);
  }

  get #latched(): readonly Course[] {
    return [...this.#courses.values()].filter(({ latches }) => latches);
  }

  /** Changes whenever one that latches begins or ends. */
  get latchedIds(): string {
    return this.#courses.size === 0 ? "" : this.#latched.map(({ alarm }) => alarm.id).join("\n");
  }

  /** @param present what is wrong now @returns what stands */
  step(now: Millis, present: readonly Alarm[]): readonly Ruled[] {
    if (this.#rules.length === 0 && this.#courses.size === 0) return present.map((alarm) => ({ alarm }));
    const free = present.filter((alarm) => !this.#follow(now, alarm));
    const ids = new Set(present.map(({ id }) => id));
    const held = [...this.#courses.values()].flatMap((course) => this.#heldOf(now, course, ids));
    return [...free.map((alarm) => ({ alarm })), ...held];
  }

  /** Something happened: its alarm stands until it is acknowledged or released. */
  latch(now: Millis, alarm: Alarm): void {
    this.#courses.set(alarm.id, {
      ...{ alarm, present: false, turned: now, on: true, latches: true, always: true },
    });
  }

  /** What was latched means nothing any more. */
  release(id: string): void {
    this.#courses.delete(id);
  }

  /** @returns whether it latches and stood; then it ends with its condition */
  acknowledge(id: string, by: By & { readonly at: Instant }): boolean {
    const course = this.#latched.find(({ alarm }) => alarm.id === id);
    if (course === undefined) return false;
    course.acknowledged = by;
    return true;
  }

  /** Those that latch, with when each began. */
  kept(since: (id: string) => Instant): readonly KeptAlarm[] {
    return this.#latched.map(({ alarm, acknowledged, always }) => ({
      ...{ alarm, since: since(alarm.id) },
      ...(acknowledged === undefined ? {} : { acknowledged }),
      ...(always === undefined ? {} : { always }),
    }));
  }

  /** Latched ones of a program before: they stand whether or not their condition does. */
  resume(now: Millis, kept: readonly KeptAlarm[]): void {
    for (const { alarm, acknowledged, always } of kept.slice(0, mostLatched))
      if (always === true) this.latch(now, alarm);
      else if (this.#ruleOf(alarm.id)?.latch === true)
        this.#courses.set(alarm.id, {
          ...{ alarm, present: true, turned: now, on: true, latches: true },
          ...(acknowledged === undefined ? {} : { acknowledged }),
        });
  }

  /** @returns whether there is a rule for it */
  #follow(now: Millis, alarm: Alarm): boolean {
    if (this.#ruleOf(alarm.id) === undefined) return false;
    const course = this.#courses.get(alarm.id);
    if (course === undefined)
      this.#courses.set(alarm.id, { alarm, present: true, turned: now, on: false, latches: false });
    else {
      course.alarm = alarm;
      if (!course.present) Object.assign(course, { present: true, turned: now });
    }
    return true;
  }

  #heldOf(now: Millis, course: Course, present: ReadonlySet<string>): readonly Ruled[] {
    const { alarm } = course;
    const { onDelay = 0, offDelay = 0, latch = false } = this.#ruleOf(alarm.id) ?? {};
    if (course.present && !present.has(alarm.id)) Object.assign(course, { present: false, turned: now });
    const lasted = now - course.turned;
    if (!course.on && course.present && lasted >= onDelay) {
      course.latches = latch && this.#latched.length < mostLatched;
      course.on = true;
    }
    const over = !course.present && (!course.on || lasted >= offDelay);
    if (over && (!course.latches || course.acknowledged !== undefined)) {
      this.#courses.delete(alarm.id);
      return [];
    }
    if (!course.on) return [];
    if (!course.latches) return [{ alarm }];
    const { acknowledged } = course;
    return [{ alarm, latch: { over, ...(acknowledged === undefined ? {} : { acknowledged }) } }];
  }

  #ruleOf(id: string): AlarmRule | undefined {
    return this.#rules.find(([matches]) => matches(id))?.[1];
  }
}
