/** What turns one JSON value into the next. `[value]`: in its place; an object: by key or index; 0: the key is gone. */
export type Delta = readonly [unknown] | { readonly [key: string]: Delta | 0 };

type Group = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Group => typeof value === "object" && value !== null;

/** Own properties that JSON keeps. */
const keysOf = (value: Group): readonly string[] =>
  Object.keys(value).filter((key) => value[key] !== undefined);

/** @returns undefined when they are the same */
export function difference(before: unknown, after: unknown): Delta | undefined {
  if (Object.is(before, after)) return undefined;
  if (!isGroup(before) || !isGroup(after)) return before === after ? undefined : [after];
  if (Array.isArray(before) !== Array.isArray(after)) return [after];
  if (Array.isArray(before) && before.length !== (after as unknown as unknown[]).length) return [after];
  const changed: Record<string, Delta | 0> = Object.create(null) as Record<string, Delta | 0>;
  let some = false;
  for (const key of keysOf(after)) {
    const of =
      Object.hasOwn(before, key) && before[key] !== undefined
        ? difference(before[key], after[key])
        : ([after[key]] as const);
    if (of === undefined) continue;
    changed[key] = of;
    some = true;
  }
  for (const key of keysOf(before)) {
    if (Object.hasOwn(after, key) && after[key] !== undefined) continue;
    changed[key] = 0;
    some = true;
  }
  return some ? changed : undefined;
}

/** What comes of a value. Neither is changed; what did not change is shared. */
export function applied(before: unknown, delta: Delta | undefined): unknown {
  if (delta === undefined) return before;
  if (isReplacement(delta)) return delta[0];
  if (!isGroup(before)) throw new TypeError("a difference from something else");
  const after = (Array.isArray(before) ? [...(before as unknown[])] : { ...before }) as Record<
    string,
    unknown
  >;
  for (const [key, of] of Object.entries(delta)) {
    // An own property, also under a name such as `__proto__`.
    if (of === 0) Reflect.deleteProperty(after, key);
    else put(after, key, applied(Object.hasOwn(before, key) ? before[key] : undefined, of));
  }
  return after;
}

const isReplacement = (delta: Delta): delta is readonly [unknown] => Array.isArray(delta);

const put = (group: Record<string, unknown>, key: string, value: unknown): void => {
  Object.defineProperty(group, key, { value, writable: true, enumerable: true, configurable: true });
};
