// Inputs of any kind for the pieces of the library, and what holds of all of them.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { TObject, Static } from "typebox";
import { Value } from "typebox/value";

export const defaults = <S extends TObject>(schema: S): Static<S> => Value.Create(schema);
export const any = (min: number, max: number) => fc.double({ min, max, noNaN: true });
export const maybeAny = (min: number, max: number) => fc.option(any(min, max), { nil: undefined });
export const seconds = fc.integer({ min: 1, max: 900 });
export const given = <T extends Readonly<Record<string, unknown>>>(all: T) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
/** NaN and Infinity would come back from disk as null. */
export const json = (state: unknown): void => assert.doesNotMatch(JSON.stringify(state), /null/u);
