import type { Millis } from "../../devices/clock.ts";
import type { ErrorCode } from "../../devices/errors.ts";
import type { Bundle } from "./source.ts";

/** What a thread can be asked to load. */
export type ThreadSource = { readonly kind: "shipped"; readonly name: string } | Bundle;

export type Request =
  | { readonly what: "load"; readonly source: ThreadSource; readonly name: string; readonly period?: Millis }
  | { readonly what: "configure"; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly what: "init" }
  | { readonly what: "migrate"; readonly state: unknown; readonly from: number }
  | { readonly what: "step"; readonly call: unknown }
  | { readonly what: "close" };

/** To the thread. Instances are numbered by whoever asks. */
export interface Asked {
  readonly id: number;
  readonly instance: number;
  readonly request: Request;
}

/** From the thread. */
export type Answered = {
  readonly id: number;
  /** Bytes its code holds beside the heap, e.g. in typed arrays: no limit of the heap is one of these. */
  readonly outside: number;
} & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly source: string; readonly fault: string }
);
