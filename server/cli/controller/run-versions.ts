import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { asBothyError } from "../../../devices/errors.ts";
import { onServer, type Server } from "../client.ts";
import { ageOf, roundedValue } from "../on-call/texts.ts";
import { plain } from "../show/width.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { ask, pathOf } from "./answers.ts";
import { ms, type Options, reasonOf } from "./run.ts";

interface VersionsAnswer {
  readonly inForce: string;
  readonly versions: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly added?: string;
    readonly by: { readonly who: string; readonly why: string };
  }[];
  readonly history: readonly {
    readonly at: string;
    readonly what: string;
    readonly id: string;
    readonly by: { readonly who: string; readonly why: string };
  }[];
  readonly shadow?: ShadowAnswer;
}

interface ComparisonAnswer {
  readonly compared: number;
  readonly differing: number;
  readonly large: number;
  readonly largePercent: number;
  readonly outputs: readonly {
    readonly output: string;
    readonly name: string;
    readonly largest: number;
    readonly mean: number;
    readonly differing: number;
  }[];
  readonly examples: readonly {
    readonly at: string;
    readonly name: string;
    readonly first: unknown;
    readonly second: unknown;
    readonly secondReason: string;
  }[];
}

interface ShadowAnswer {
  readonly version: string;
  readonly steps: number;
  readonly missed: number;
  readonly failures: number;
  readonly notYet?: string;
  readonly comparison: ComparisonAnswer;
}

const short = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

export const versions = (name: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const answer = await ask<VersionsAnswer>(server, pathOf(name, "versions"));
    if (options.json === true) {
      printJson(answer);
      return exit.good;
    }
    for (const { id, name: of, version, added, by } of answer.versions)
      print(
        plain(
          `${id === answer.inForce ? "→" : " "} ${short(id).padEnd(24)} ${of} ${version}  ${added === undefined ? "" : `${ageOf(added, server.now())} ago, ${by.who}: ${by.why}`}`.trimEnd(),
        ),
      );
    if (answer.shadow !== undefined) for (const line of shadowLines(answer.shadow)) print(plain(line));
    for (const { at, what, id, by } of answer.history.slice(0, 10))
      print(
        plain(`  ${ageOf(at, server.now()).padStart(7)} ago  ${what} ${short(id)}, ${by.who}: ${by.why}`),
      );
    return exit.good;
  });

const shadowLines = ({
  version,
  steps,
  missed,
  failures,
  notYet,
  comparison,
}: ShadowAnswer): readonly string[] => [
  `in shadow: ${version}, ${steps} steps, ${missed} missed, ${failures} failed; ${notYet ?? "it can be promoted"}`,
  ...comparisonLines(comparison),
];

const comparisonLines = ({
  compared,
  differing,
  large,
  largePercent,
  outputs,
  examples,
}: ComparisonAnswer): readonly string[] => [
  `${compared} steps compared, ${differing} differ, ${large} (${largePercent.toFixed(1)} %) by more than 10 % of the range`,
  ...outputs.map(
    ({ output, name, largest, mean }) =>
      `  ${output} ${name}: at most ${roundedValue(largest)}, on average ${roundedValue(mean)} apart`,
  ),
  ...examples
    .slice(0, 5)
    .map(
      ({ at, name, first, second, secondReason }) =>
        `  ${at} ${name}: ${String(first)}, the other ${String(second)}: ${secondReason}`,
    ),
];

/** A file becomes a version of the site first. */
export const exchange = (
  verb: "swap" | "shadow",
  name: string,
  word: string,
  options: Options,
): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const version = isFileHere(word) ? await uploaded(server, name, word, options) : word;
    const span =
      options.for === undefined ? {} : verb === "swap" ? { probation: options.for } : { for: options.for };
    const answer = await ask<object>(server, pathOf(name, verb), "POST", {
      version,
      ...reasonOf(options),
      ...span,
    });
    if (verb === "swap") print(swappedText(name, answer as SwapAnswer));
    else for (const line of shadowLines(answer as ShadowAnswer)) print(plain(line));
    return exit.good;
  });

interface SwapAnswer {
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly pause: number;
}

const swappedText = (name: string, { from, to, state, pause }: SwapAnswer): string =>
  plain(`${name}: ${to} is in force in place of ${from}; state ${state}, ${ms(pause)} between steps`);

export const move = (
  verb: "promote" | "rollback",
  name: string,
  options: Options & { readonly force?: boolean },
): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const body = { ...reasonOf(options), ...(options.force === true ? { force: true } : {}) };
    print(swappedText(name, await ask<SwapAnswer>(server, pathOf(name, verb), "POST", body)));
    return exit.good;
  });

export interface ReplayOptions extends Options {
  readonly version?: string;
  readonly file?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Ends with 1 when they differ by more than 10 % of the range somewhere, or a step failed. */
export const replay = (
  name: string,
  { version, file, from, to, ...options }: ReplayOptions,
): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const body = {
      ...(version === undefined ? {} : { version }),
      ...(file === undefined ? {} : await bundled(file)),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    type Answer = {
      name: string;
      version: string;
      steps: number;
      skipped: number;
      failures: number;
      lastFailure?: { text: string };
      comparison: ComparisonAnswer;
    };
    const answer = await ask<Answer>(server, pathOf(name, "replay"), "POST", body);
    if (options.json === true) printJson(answer);
    else {
      print(
        plain(
          `${answer.name} ${answer.version}: ${answer.steps} steps replayed, ${answer.skipped} passed over, ${answer.failures} failed${answer.lastFailure === undefined ? "" : `: ${answer.lastFailure.text}`}`,
        ),
      );
      for (const line of comparisonLines(answer.comparison)) print(plain(line));
    }
    return answer.failures === 0 && answer.comparison.large === 0 ? exit.good : exit.fault;
  });

const isFileHere = (word: string): boolean => /\.[cm]?[jt]s$/.test(word) || existsSync(word);

async function bundled(
  file: string,
): Promise<{ readonly file: string; readonly text: string; readonly bundled: true }> {
  if (!existsSync(file)) throw new CannotRun(`there is no file ${file}`);
  const { loadBundle } = await import("../../../controllers/runtime/load.ts");
  try {
    const { text } = await loadBundle(resolve(file));
    return { file, text, bundled: true };
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, file);
    throw new CannotRun(`${file} cannot be loaded: ${String(params["fault"] ?? message)}`);
  }
}

async function uploaded(server: Server, name: string, file: string, options: Options): Promise<string> {
  const body = { ...(await bundled(file)), ...reasonOf(options) };
  const { id } = await ask<{ readonly id: string }>(server, pathOf(name, "versions"), "POST", body);
  return id;
}
