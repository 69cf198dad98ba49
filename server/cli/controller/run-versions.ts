import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { asBothyError } from "../../../devices/errors.ts";
import type { Comparison, Shadow, SwapReport } from "../../../client/index.ts";
import { minutes } from "../../../devices/clock.ts";
import { onServer, ownOnly, type Server } from "../client.ts";
import { ageOf, roundedValue } from "../on-call/texts.ts";
import { toJson } from "../../json.ts";
import { plain } from "../show/width.ts";
import { CannotRun, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { ms, type Options, reasonOf, sayUnkept } from "./run.ts";

const short = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

export const versions = (name: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const answer = await ownOnly(server.target, "controllers", server.client.controllers.versions(name));
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
    sayUnkept(answer);
    if (answer.shadow !== undefined) for (const line of shadowLines(answer.shadow)) print(plain(line));
    for (const { at, what, id, by } of answer.history.slice(0, 10))
      print(
        plain(`  ${ageOf(at, server.now()).padStart(7)} ago  ${what} ${short(id)}, ${by.who}: ${by.why}`),
      );
    return exit.good;
  });

const shadowLines = ({ version, steps, missed, failures, notYet, comparison }: Shadow): readonly string[] => [
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
}: Comparison): readonly string[] => [
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
export const swap = (name: string, word: string, options: Options): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const version = await versionOf(server, name, word, options);
    const probation = options.for === undefined ? {} : { probation: options.for };
    const { controllers } = server.client;
    sayExchange(name, await controllers.swap(name, { version, ...reasonOf(options), ...probation }));
    return exit.good;
  });

export interface ShadowOptions extends Options {
  readonly end?: boolean;
}

/** Begins it, says how it does when there is no file, or ends it. */
export const shadow = (name: string, word: string | undefined, options: ShadowOptions): Promise<ExitCode> =>
  onServer(options, async (server) => {
    for (const line of shadowLines(await shadowOf(server, name, word, options))) print(plain(line));
    return exit.good;
  });

async function shadowOf(
  server: Server,
  name: string,
  word: string | undefined,
  options: ShadowOptions,
): Promise<Shadow> {
  const { controllers } = server.client;
  if (options.end === true) {
    if (word !== undefined) throw new CannotRun(`--end ends what is in shadow: leave ${word} out`);
    return controllers.endShadow(name);
  }
  if (word === undefined) {
    const { shadow: present } = await ownOnly(server.target, "controllers", controllers.versions(name));
    if (present !== undefined) return present;
    throw new CannotRun(`nothing is in shadow of ${name}; with a file or a version it begins`);
  }
  const version = await versionOf(server, name, word, options);
  const span = options.for === undefined ? {} : { for: options.for };
  return controllers.shadow(name, { version, ...reasonOf(options), ...span });
}

function sayExchange(name: string, report: SwapReport): void {
  const { from, to, state, pause } = report;
  print(plain(`${name}: ${to} is in force in place of ${from}; state ${state}, ${ms(pause)} between steps`));
  sayUnkept(report);
}

export const move = (
  verb: "promote" | "rollback",
  name: string,
  options: Options & { readonly force?: boolean },
): Promise<ExitCode> =>
  onServer(options, async (server) => {
    const { controllers } = server.client;
    const report =
      verb === "rollback"
        ? await controllers.rollBack(name, reasonOf(options))
        : await controllers.promote(name, { ...reasonOf(options), force: options.force === true });
    sayExchange(name, report);
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
    // Much history takes longer than anything else that is asked.
    const answer = await server.client.controllers.replay(name, body, { timeout: minutes(5) });
    if (options.json === true) printJson(answer);
    else {
      print(
        plain(
          `${answer.name} ${answer.version}: ${answer.steps} steps replayed, ${answer.skipped} passed over, ${answer.failures} failed${answer.lastFailure === undefined ? "" : `: ${answer.lastFailure.text}`}`,
        ),
      );
      for (const { name: setting, was, taken, why } of answer.fitted)
        print(
          plain(
            taken === undefined
              ? `  ${setting}: ${why}`
              : `  ${setting} was ${toJson(was)}, here ${toJson(taken)}: ${why}`,
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

const versionOf = async (server: Server, name: string, word: string, options: Options): Promise<string> =>
  isFileHere(word) ? uploaded(server, name, word, options) : word;

async function uploaded(server: Server, name: string, file: string, options: Options): Promise<string> {
  const text = { ...(await bundled(file)), ...reasonOf(options) };
  return (await server.client.controllers.addVersion(name, text)).id;
}
