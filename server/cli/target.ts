import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { withoutCredentials } from "../credentials.ts";
import { nearest } from "../../devices/nearest.ts";
import { type Context, contextsFile, type Env, loadContexts } from "./contexts.ts";
import { CannotRun } from "./terminal.ts";

export const defaultServer = "http://127.0.0.1:5000";
const defaultPort = 5000;

/** The server a command asks, and how it is proved who asks. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  /** Who chose it, for people: `--host`, `$BOTHY_HOST`, `context hut-17`. */
  readonly chosenBy: string;
  readonly token?: string;
  /** Where the token came from, for people. */
  readonly tokenFrom?: string;
  /** Certificates to be trusted besides the well-known ones, as PEM. */
  readonly ca?: string;
}

export interface TargetOptions {
  readonly host?: string;
  readonly server?: string;
  readonly context?: string;
  readonly ca?: string;
}

const group = "Which server:";
const serverOption = (flags: string, about: string): Option => new Option(flags, about).helpGroup(group);
const contextOption = (): Option =>
  serverOption("--context <context>", "a saved one, instead of the current context");
const caOption = (): Option =>
  serverOption("--ca <file>", "trust the certificates of this PEM file besides the well-known ones");

/** The options that say which server a command asks. */
export const withTarget = (command: Command): Command =>
  command
    .addOption(
      serverOption(
        "-H, --host <url>",
        "URL or host[:port] (default: $BOTHY_HOST, the current context, 127.0.0.1:5000)",
      ),
    )
    .addOption(contextOption())
    .addOption(caOption())
    .addOption(new Option("--server <url>", "as --host, its old name").hideHelp());

/** The same for a command whose `--host` is something else. */
export const withServer = (command: Command): Command =>
  command
    .addOption(serverOption("--server <url>", "URL or host[:port] of a running site, as --host elsewhere"))
    .addOption(contextOption())
    .addOption(caOption());

/**
 * The URL somebody meant.
 * @param text a URL, a host, or a host and a port; IPv6 addresses with or without brackets
 * @throws CannotRun when it is none of them
 */
export function hostUrl(text: string): string {
  const trimmed = text.trim();
  const bareV6 = /^[\da-f:.]*:[\da-f:.]*:[\da-f:.]*$/i.test(trimmed);
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(trimmed);
  const url = parsedUrl(hasScheme ? trimmed : bareV6 ? `http://[${trimmed}]` : `http://${trimmed}`);
  if (
    url === undefined ||
    url.hostname === "" ||
    !["http:", "https:"].includes(url.protocol) ||
    /\s/.test(trimmed)
  )
    throw new CannotRun(
      `"${withoutCredentials(text)}" is no server: write https://host:port, host, or host:port`,
    );
  if (url.username !== "" || url.password !== "")
    throw new CannotRun(`a URL is no place for a password: put a token in $BOTHY_TOKEN or a context`);
  if (!hasScheme && url.port === "" && !/:80$/.test(trimmed)) url.port = String(defaultPort);
  return `${url.protocol}//${url.host}${url.pathname}`.replace(/\/+$/, "");
}

function parsedUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * Which server is meant: `--host`, else `--context`, else `$BOTHY_HOST`, else the current context, else this machine.
 * A token comes from `$BOTHY_TOKEN`, else from the context; a context's token goes to no other server.
 * @throws CannotRun when what was named is not there
 */
export function targetOf(options: TargetOptions, env: Env = process.env): Target {
  const { host = options.server } = options;
  if (host !== undefined && options.context !== undefined)
    throw new CannotRun("give --host or --context, not both");
  const ca = options.ca === undefined ? {} : { ca: fileText(options.ca, "--ca") };
  if (host !== undefined) return { url: hostUrl(host), chosenBy: "--host", ...envToken(env), ...ca };
  const set = env["BOTHY_HOST"];
  if (options.context === undefined && set !== undefined && set !== "")
    return { url: hostUrl(set), chosenBy: "$BOTHY_HOST", ...envToken(env), ...ca };
  const file = contextsFile(env);
  const { contexts, current } = loadContexts(file);
  const name = options.context ?? current;
  if (name === undefined) return { url: defaultServer, chosenBy: "the default", ...envToken(env), ...ca };
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context === undefined) throw noContext(name, Object.keys(contexts));
  return { ...contextTarget(name, context, env), ...ca };
}

/** @param known the names there are */
export function noContext(name: string, known: readonly string[]): CannotRun {
  const near = nearest(name, known);
  const remedy =
    near !== undefined
      ? `did you mean ${near}?`
      : known.length > 0
        ? `there are ${known.join(", ")}`
        : "save one with `bothy context add NAME URL`";
  return new CannotRun(`there is no context ${name}; ${remedy}`);
}

function contextTarget(name: string, context: Context, env: Env): Target {
  const { url, ca } = context;
  return {
    url,
    chosenBy: `context ${name}`,
    ...contextToken(name, context, env),
    ...envToken(env),
    ...(ca === undefined ? {} : { ca: fileText(ca, `the CA of context ${name}`) }),
  };
}

type Token = Pick<Target, "token" | "tokenFrom">;

function envToken(env: Env): Token {
  const token = env["BOTHY_TOKEN"]?.trim();
  return token === undefined || token === ""
    ? {}
    : { token: checked(token, "$BOTHY_TOKEN"), tokenFrom: "$BOTHY_TOKEN" };
}

function contextToken(name: string, { tokenFile, tokenEnv }: Context, env: Env): Token {
  if (env["BOTHY_TOKEN"] !== undefined && env["BOTHY_TOKEN"] !== "") return {};
  if (tokenFile !== undefined)
    return {
      token: checked(fileText(tokenFile, `the token of context ${name}`).trim(), tokenFile),
      tokenFrom: tokenFile,
    };
  if (tokenEnv === undefined) return {};
  const token = env[tokenEnv]?.trim();
  // Without it a server that lets everybody read still answers; one that does not says what is missing.
  return token === undefined || token === ""
    ? {}
    : { token: checked(token, `$${tokenEnv}`), tokenFrom: `$${tokenEnv}` };
}

function checked(token: string, from: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CannotRun(`${from} holds no token: one line, without spaces`);
}

function fileText(path: string, about: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CannotRun(
      `${about}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
    );
  }
}
