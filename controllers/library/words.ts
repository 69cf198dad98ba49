import { Type } from "typebox";

/** A setting that is one of a few words. */
export const wordOf = <const W extends string>(
  words: readonly W[],
  options: { readonly default: W; readonly description: string },
) => Type.Unsafe<W>({ type: "string", enum: [...words], ...options });
