import { type Cancel, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Value } from "../../devices/reading.ts";
import {
  badValue,
  type Behaviour,
  type BehaviourParts,
  neededData,
  neededNumber,
  neededWord,
  unknownAction,
  wholeNumber,
  type WriteOrder,
} from "./behaviour.ts";
import type { Signal } from "./signals.ts";

const signalActions = ["min", "max", "current"];

/** @returns whether the action was one of a signal's */
function setSignal(signal: Signal, order: WriteOrder, source: string): boolean {
  if (!signalActions.includes(order.action)) return false;
  const number = neededNumber(order, source);
  if (order.action === "min") signal.setMin(number);
  else if (order.action === "max") signal.setMax(number);
  else signal.setCurrent(number);
  return true;
}

/** Shows a signal; a humidity sensor shows it twice, and its next move as a temperature. */
export function sensor(signal: Signal, { source }: BehaviourParts, humidity = false): Behaviour {
  let shown = signal.value;
  return {
    move: () => {
      signal.move();
      shown = signal.value;
      if (humidity) signal.move();
    },
    show: () => (humidity ? [shown, shown, signal.value] : [signal.value]),
    write: (order) => {
      if (!setSignal(signal, order, source)) throw unknownAction(order, source, signalActions);
      shown = signal.value;
    },
  };
}

export function power(signal: Signal, { source }: BehaviourParts): Behaviour {
  let state = "1.0";
  return {
    move: () => signal.move(),
    show: () => [signal.value, state],
    write: (order) => {
      if (order.action === "state") state = neededData(order, source, "a text");
      else if (!setSignal(signal, order, source))
        throw unknownAction(order, source, [...signalActions, "state"]);
    },
  };
}

const fanActions = ["speed", "speed_percent"];

/** Both actions store what they are given, as the original does. */
function fanWith(seed: number, { source }: BehaviourParts, speeds: (stored: number) => readonly Value[]) {
  let stored = seed;
  return {
    show: () => ["forward", ...speeds(stored)],
    write: (order: WriteOrder) => {
      if (!fanActions.includes(order.action)) throw unknownAction(order, source, fanActions);
      stored = neededNumber(order, source);
    },
  };
}

export const fan = (seed: number, parts: BehaviourParts): Behaviour =>
  fanWith(seed, parts, (stored) => [stored]);

/** How far what is measured may be from what is wanted. */
const spread = 10;

export function fanMulti(seed: number, parts: BehaviourParts): Behaviour {
  let off = 0;
  return {
    ...fanWith(seed, parts, (stored) => [stored + off, stored]),
    move: () => {
      off = Math.floor(parts.random() * (2 * spread + 1)) - spread;
    },
  };
}

export function led({ source }: BehaviourParts): Behaviour {
  let state = "off";
  let color = "000000";
  const expected = "six hexadecimal digits";
  return {
    show: () => [state, color],
    write: (order) => {
      if (order.action === "state") state = neededWord(order, source, ["on", "off", "blink"]);
      else if (order.action === "color") {
        const digits = neededData(order, source, expected);
        if (!/^[0-9a-fA-F]{6}$/.test(digits)) throw badValue(order, source, expected);
        color = digits;
      } else throw unknownAction(order, source, ["state", "color"]);
    },
  };
}

const openFor = seconds(5);

export function lock({ source, clock }: BehaviourParts): Behaviour {
  let status = "locked";
  let cancel: Cancel = () => undefined;
  const known = ["lock", "unlock", "pulseUnlock"];
  return {
    show: () => [status],
    write: (order) => {
      if (!known.includes(order.action)) throw unknownAction(order, source, known);
      cancel();
      status = order.action === "lock" ? "locked" : "unlocked_electrically";
      if (order.action !== "pulseUnlock") return;
      cancel = clock.at(clock.monotonic() + openFor, () => {
        status = "locked";
      });
    },
    stop: () => cancel(),
  };
}

export const carouselStatus = ({ source, data, carousel }: BehaviourParts): Behaviour => ({
  show: () => {
    const shown = carousel.status(wholeNumber(data["id"]) ?? 0);
    if (shown !== undefined) return [shown];
    const fault = "a carousel shows `data.id` 1 to 5: position, wanted position, machine, register, drive";
    throw new BothyError("NO_SUCH_POINT", { source, fault });
  },
});

export const carouselJson = ({ source, carousel }: BehaviourParts): Behaviour => ({
  show: () => [carousel.document()],
  write: (order) => {
    if (order.action === "mode") {
      carousel.setMode(neededWord(order, source, ["ok", "error"]) === "ok" ? "ok" : "error");
      return;
    }
    const rack = rackOf(order.action);
    if (rack === undefined) throw unknownAction(order, source, ["mode", '{"rack": 3}']);
    return carousel.rotate(rack, source, order.signal);
  },
});

/** The action itself is JSON that names the rack to bring to the front. */
function rackOf(action: string): number | undefined {
  try {
    const parsed: unknown = JSON.parse(action);
    const rack =
      typeof parsed === "object" && parsed !== null ? (parsed as { rack?: unknown }).rack : undefined;
    return typeof rack === "number" ? rack : undefined;
  } catch {
    return undefined;
  }
}
