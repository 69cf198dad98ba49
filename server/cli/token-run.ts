import { systemClock } from "../../devices/clock.ts";
import { tokenFile } from "../access/access.ts";
import type { Role } from "../access/principal.ts";
import { changeTokens, loadTokens } from "../access/token-file.ts";
import { isExpired, makeToken, type TokenRecord } from "../access/token.ts";
import { keepingState } from "../state/folder.ts";
import { loadOrExplain } from "./load.ts";
import { CannotRun, complain, exit, type ExitCode, print, printJson } from "./terminal.ts";

export interface CreateOptions {
  readonly config: string;
  readonly name: string;
  readonly role: string;
  readonly scope?: readonly string[];
  readonly expires?: number;
  readonly json?: boolean;
}

/** @throws CannotRun, FaultyConfig */
function fileOf(config: string): string {
  const { config: loaded } = loadOrExplain(config);
  if (loaded.access === undefined)
    complain(
      "The configuration has no section `access`, so the site asks nobody who they are. Add `access: {}`.",
    );
  const file = tokenFile(keepingState(loaded, process.env));
  if (file === undefined) throw new CannotRun("the configuration names no place for tokens");
  return file;
}

/** Only the token itself goes to stdout, so that a script can keep it. */
export function createToken({ config, name, role, scope, expires, json }: CreateOptions): ExitCode {
  const file = fileOf(config);
  const now = systemClock.now();
  const { token, record } = makeToken(
    {
      name,
      role: role as Role,
      ...(scope === undefined ? {} : { scope }),
      ...(expires === undefined ? {} : { expires: new Date(now + expires).toISOString() }),
    },
    now,
  );
  changeTokens(file, (tokens) => {
    // One whose time is over no longer stands in the way.
    if (tokens.some((one) => one.name === name && !isExpired(one, now)))
      throw new CannotRun(`there is a token ${name}; revoke it, or choose another name`);
    return [...tokens.filter((one) => one.name !== name), record];
  });
  if (json === true) printJson({ token, ...shown(record) });
  else {
    print(token);
    complain(`Shown this once. ${described(record)}. Kept hashed in ${file}.`);
  }
  return exit.good;
}

export function listTokens({ config, json }: { readonly config: string; readonly json?: boolean }): ExitCode {
  const tokens = loadTokens(fileOf(config));
  if (json === true) printJson(tokens.map(shown));
  else if (tokens.length === 0) complain("There are no tokens.");
  else for (const record of tokens) print(`bothy_${record.id}…  ${record.name}  ${described(record)}`);
  return exit.good;
}

export function revokeToken(name: string, { config }: { readonly config: string }): ExitCode {
  const wanted = /^(?:bothy_)?([a-z2-9]{8})(?:_.*)?$/.exec(name)?.[1];
  let revoked: TokenRecord | undefined;
  changeTokens(fileOf(config), (tokens) => {
    revoked = tokens.find((one) => one.name === name) ?? tokens.find(({ id }) => id === wanted);
    if (revoked === undefined) throw new CannotRun(`there is no token ${name}; bothy token list shows them`);
    return tokens.filter((one) => one !== revoked);
  });
  complain(`${revoked?.name ?? name} may no more.`);
  return exit.good;
}

/** All but the hash: nobody needs it. */
function shown(record: TokenRecord): Partial<TokenRecord> & { readonly expired?: true } {
  const { id, name, role, scope, created, expires } = record;
  return {
    ...{ id, name, role, created },
    ...(scope === undefined ? {} : { scope }),
    ...(expires === undefined ? {} : { expires }),
    ...(isExpired(record, systemClock.now()) ? { expired: true } : {}),
  };
}

const described = (record: TokenRecord): string =>
  [
    record.role,
    ...(record.scope === undefined ? [] : [`for ${record.scope.join(" or ")}`]),
    `since ${record.created.slice(0, 10)}`,
    ...(record.expires === undefined
      ? []
      : [`${isExpired(record, systemClock.now()) ? "expired" : "until"} ${record.expires.slice(0, 10)}`]),
  ].join(", ");
