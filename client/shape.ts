/**
 * What an answer must look like for its type to be true. Answers come from other versions and other servers, so this
 * is looked at; what a shape does not name is let through.
 */
export interface Shape<T> {
  /** What is wrong with a value, fresh from `parseJson`, at a place such as `answer[3].unit`; or undefined. */
  readonly fault: (value: unknown, at: string) => string | undefined;
  /** Integers come as numbers however long they are: it is no counter, whose every digit counts. */
  readonly rounds?: true;
  /** There is no answer, only that it went well. */
  readonly nothing?: true;
  /** Never there; it carries the type. */
  readonly type?: T;
}

const named = (value: unknown): string =>
  value === null
    ? "null"
    : value === undefined
      ? "missing"
      : Array.isArray(value)
        ? "a list"
        : `a ${typeof value}`;

const plain = <T>(is: (value: unknown) => boolean, expected: string): Shape<T> => ({
  fault: (value, at) => (is(value) ? undefined : `${at} is ${named(value)}, not ${expected}`),
});

export const text = plain<string>((value) => typeof value === "string", "text");
const isNumber = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint";
/** As a property of an object. */
export const number: Shape<number> = { ...plain(isNumber, "a number"), rounds: true };
export const flag = plain<boolean>((value) => typeof value === "boolean", "true or false");
export const anything = plain<unknown>((value) => value !== undefined, "anything");

/** Of an answer without a body. */
export const nothing: Shape<undefined> = { fault: () => undefined, nothing: true };

export const scalar = plain<number | bigint | string | boolean>(
  (value) => ["number", "bigint", "string", "boolean"].includes(typeof value),
  "a value",
);

export const oneOf = <T extends string>(...texts: readonly T[]): Shape<T> =>
  plain((value) => texts.some((one) => one === value), `one of ${texts.join(", ")}`);

export const orNull = <T>(shape: Shape<T>): Shape<T | null> => ({
  fault: (value, at) => (value === null ? undefined : shape.fault(value, at)),
});

export const list = <T>(item: Shape<T>): Shape<readonly T[]> => ({
  fault: (value, at) => {
    if (!Array.isArray(value)) return `${at} is ${named(value)}, not a list`;
    for (const [i, one] of value.entries()) {
      const fault = item.fault(one, `${at}[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  },
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object whose keys may be any. */
export const record = <T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> => ({
  fault: (value, at) => {
    if (!isObject(value)) return `${at} is ${named(value)}, not an object`;
    for (const [key, one] of Object.entries(value)) {
      const fault = item.fault(one, `${at}.${key}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  },
});

/** The shape of a property that may be missing. */
export interface Optional<T> extends Shape<T> {
  readonly optional: true;
}
export const optional = <T>(shape: Shape<T>): Optional<T> => ({
  optional: true,
  ...(shape.rounds === undefined ? {} : { rounds: true }),
  fault: (value, at) => (value === undefined ? undefined : shape.fault(value, at)),
});

type IsOptional<T, K extends keyof T> = object extends Pick<T, K> ? true : false;
type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
/** For every property of a type its shape, so that neither can change alone. */
export type Fields<T> = {
  readonly [K in keyof Named<T>]-?: IsOptional<Named<T>, K> extends true
    ? Optional<Exclude<Named<T>[K], undefined>>
    : Shape<Named<T>[K]>;
};

export function object<T>(fields: Fields<T>): Shape<T> {
  const entries = Object.entries<Shape<unknown>>(fields);
  return {
    fault: (value, at) => {
      if (!isObject(value)) return `${at} is ${named(value)}, not an object`;
      for (const [key, shape] of entries) {
        const fault = shape.fault(value[key], `${at}.${key}`);
        if (fault !== undefined) return fault;
        const given = value[key];
        if (shape.rounds === true && typeof given === "bigint")
          (value as Record<string, unknown>)[key] = Number(given);
      }
      return undefined;
    },
  };
}
