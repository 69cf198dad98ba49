import type { Complain } from "./fault.ts";
import { type Field, isBitField } from "./field.ts";
import type { Placed, PlacedAction, PlacedDevice } from "./product.ts";

/** One use of registers or coils by a map. */
interface Use extends Placed<unknown> {
  readonly text: string;
  readonly action?: PlacedAction;
}

/** Finds values that read the same registers in ways that contradict each other, and actions that fight over one. */
export function checkOverlaps(devices: readonly PlacedDevice[], complain: Complain): void {
  const uses = devices.flatMap(usesOf).sort((a, b) => order(a.field, b.field));
  for (const [at, first] of uses.entries()) {
    for (let next = at + 1; next < uses.length; next += 1) {
      const second = uses[next];
      if (second === undefined || !touches(first.field, second.field)) break;
      compare(first, second, complain);
    }
  }
}

const order = (a: Field, b: Field): number =>
  a.table === b.table ? a.address - b.address || a.count - b.count : a.table < b.table ? -1 : 1;

/** For fields in order: whether the second begins before the first ends. */
const touches = (first: Field, second: Field): boolean =>
  first.table === second.table && second.address < first.address + first.count;

function usesOf(device: PlacedDevice): readonly Use[] {
  const of = (name: string): string => (device.name === "" ? name : `${device.name} ${name}`);
  return [
    ...device.points.map((point) => ({
      ...point,
      text: of([point.entry.output, ...(point.channel === undefined ? [] : [point.channel])].join("/")),
    })),
    ...device.inputs.map((input) => ({ ...input, text: of(input.entry.name) })),
    ...device.actions.map((action) => ({ ...action, action, text: of(action.entry.name) })),
  ];
}

function compare(first: Use, second: Use, complain: Complain): void {
  if (!agree(first.field, second.field)) {
    complain(
      [...second.path, "address"],
      `${second.text} (${place(second.field)}) overlaps ${first.text} (${place(first.field)})`,
      "correct the address or the type; registers may be shared only by equal types or by bits",
    );
    return;
  }
  if (first.action === undefined || second.action === undefined || mayShare(first.action, second.action))
    return;
  complain(
    [...second.path, "address"],
    `the actions ${first.text} and ${second.text} write the same ${place(second.field)}`,
    "give each its own register or its own bits, or make them one action with states",
  );
}

const place = (field: Field): string =>
  `${field.table} ${field.address}${field.count > 1 ? ` to ${field.address + field.count - 1}` : ""} as ${field.type}`;

/** Whether two fields that share registers see the same thing there. */
const agree = (a: Field, b: Field): boolean =>
  (isBitField(a.type) && isBitField(b.type)) ||
  (a.address === b.address &&
    a.count === b.count &&
    a.type === b.type &&
    a.wordOrder === b.wordOrder &&
    a.byteOrder === b.byteOrder);

/** Bits of their own, or pulses and choices of one command register. */
function mayShare(a: PlacedAction, b: PlacedAction): boolean {
  const apart = a.field.bit + a.field.width <= b.field.bit || b.field.bit + b.field.width <= a.field.bit;
  if (a.field.table === "holding" && isBitField(a.field.type) && apart) return true;
  const fixed = [a, b].map(({ entry }) => entry.value !== undefined || entry.states !== undefined);
  return fixed.every(Boolean);
}
