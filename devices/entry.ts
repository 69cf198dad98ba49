/** An object of JSON whose contents are not known yet. */
export type Entry = Readonly<Record<string, unknown>>;

/** Whether something is one: no list, and not null. */
export const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);
