import { rootCertificates } from "node:tls";
import { askJson, type Server } from "../client.ts";

/** What a site answers, as far as the commands look at it. */
export interface Summary {
  readonly name: string;
  readonly standing: string;
  readonly fault?: string;
  readonly mode: string;
  readonly wantedMode: string;
  readonly modeUntil?: string;
  readonly definition?: string;
  readonly version?: string;
  readonly summary?: string;
  readonly period: number;
  readonly leader?: string;
  readonly reason?: string;
  readonly outputs: readonly OutputAnswer[];
  readonly alarms: readonly {
    readonly id: string;
    readonly severity: string;
    readonly text: string;
    readonly since: string;
  }[];
  readonly missed: number;
  readonly failures: number;
}

export interface OutputAnswer {
  readonly output: string;
  readonly name: string;
  readonly wanted?: number | string;
  readonly sent?: number | string;
  readonly applied?: number | string;
}

export interface StepAnswer {
  readonly n?: number;
  readonly at: string;
  readonly mode: string;
  readonly reason: string;
  readonly leader?: string;
  readonly terms?: Readonly<Record<string, number>>;
  readonly limits: readonly string[];
  readonly inputs: Readonly<Record<string, readonly InputAnswer[]>>;
  readonly missing: readonly string[];
  readonly outputs: readonly OutputAnswer[];
  readonly took: number;
  readonly dt: number;
}

export interface InputAnswer {
  readonly quality: string;
  readonly value?: number | string;
  readonly age?: number;
  readonly from: string;
  readonly text?: string;
}

export interface EntryAnswer {
  readonly slot: number;
  readonly meaning: string;
  readonly value: number | string;
  readonly who: string;
  readonly why: string;
  readonly since: string;
  readonly expires?: string;
  readonly inForce: boolean;
}

export interface Detail extends Summary {
  readonly versionId: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly settingsSchema?: {
    readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly published: Readonly<Record<string, unknown>>;
  readonly failSafe?: Readonly<Record<string, unknown>>;
  readonly targets: readonly {
    readonly output: string;
    readonly name: string;
    readonly action: string;
    readonly entries: readonly EntryAnswer[];
  }[];
  readonly last?: StepAnswer;
  readonly steps: number;
  readonly lastFailure?: { readonly text: string; readonly at: string };
  readonly probation?: { readonly until: string; readonly previous: string };
  readonly stepTime?: Readonly<Record<"steps" | "p50" | "p95" | "p99" | "max", number>>;
  readonly events: readonly { readonly at: string; readonly kind: string; readonly [key: string]: unknown }[];
  readonly shadow?: string;
}

export const pathOf = (name: string, ...rest: readonly string[]): string =>
  ["/api/controllers", encodeURIComponent(name), ...rest].join("/");

export const ask = <T>({ target }: Server, path: string, method?: string, body?: unknown): Promise<T> =>
  askJson<T>(target, path, {
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
  });

/** Certificates a stream trusts. */
export const trusted = (ca: string | undefined): { readonly ca?: readonly string[] } =>
  ca === undefined ? {} : { ca: [...rootCertificates, ca] };
