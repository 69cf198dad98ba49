import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import type { Instant } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { parseTag } from "../../devices/tag.ts";
import { type Role, roles } from "./principal.ts";

/** A token as it is kept: all but its secret. Plain JSON. */
export interface TokenRecord {
  /** Part of the token, so that one that turns up somewhere can be told from others. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Groups of tags, each comma-joined. */
  readonly scope?: readonly string[];
  /** SHA-256 of the whole token, hexadecimal. Its secret is 256 random bits, so nothing slower is needed. */
  readonly hash: string;
  /** ISO 8601. */
  readonly created: string;
  readonly expires?: string;
}

const letters = "abcdefghijkmnpqrstuvwxyz23456789";
/** What a token of ours looks like: recognisable wherever one turns up. */
const shape = /^bothy_([a-z2-9]{8})_[A-Za-z0-9_-]{43}$/;
export const tokenPrefix = "bothy_";

/** What a token may be called. */
export const tokenName = /^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,63}$/u;

/** A new token and what is kept of it. The token cannot be had from the record. */
export function makeToken(of: Omit<TokenRecord, "id" | "hash" | "created">, now: Instant) {
  const id = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join("");
  const token = `${tokenPrefix}${id}_${randomBytes(32).toString("base64url")}`;
  const record: TokenRecord = { id, ...of, hash: hashOf(token), created: new Date(now).toISOString() };
  return { token, record };
}

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** The id inside a token; undefined when it is none of ours. */
export const tokenId = (token: string): string | undefined => shape.exec(token)?.[1];

/** Whether a token is the one of a record; takes as long when it is not. */
export const isTokenOf = ({ hash }: TokenRecord, token: string): boolean =>
  timingSafeEqual(createHash("sha256").update(token).digest(), Buffer.from(hash, "hex"));

export const isExpired = ({ expires }: TokenRecord, now: Instant): boolean =>
  expires !== undefined && Date.parse(expires) <= now;

type Entry = Readonly<Record<string, unknown>>;
const isText = (value: unknown): value is string => typeof value === "string";
const isMoment = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value));
const isGroup = (value: unknown): boolean =>
  isText(value) && value.split(",").every((tag) => parseTag(tag) !== undefined);

function isRecord(value: unknown): value is TokenRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, role, scope, hash, created, expires } = value as Entry;
  return (
    isText(id) &&
    isText(name) &&
    roles.some((known) => known === role) &&
    // An empty or damaged scope must never become none.
    (scope === undefined || (Array.isArray(scope) && scope.length > 0 && scope.every(isGroup))) &&
    isText(hash) &&
    /^[0-9a-f]{64}$/.test(hash) &&
    isMoment(created) &&
    (expires === undefined || isMoment(expires))
  );
}

const version = 1;

/**
 * Reads the text of a token file.
 * @throws BothyError `BAD_CONFIG` when it is none: half a file must not pass for one without tokens
 */
export function readTokens(text: string, file: string): readonly TokenRecord[] {
  const no = (fault: string): BothyError => new BothyError("BAD_CONFIG", { source: file, fault });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw no(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { version: found, tokens } = (value ?? {}) as Entry;
  if (found !== version || !Array.isArray(tokens)) throw no("is no token file of this version");
  const wrong = tokens.findIndex((one) => !isRecord(one));
  if (wrong >= 0) throw no(`tokens[${wrong}] is no token`);
  return tokens as readonly TokenRecord[];
}

export const tokensText = (tokens: readonly TokenRecord[]): string =>
  `${JSON.stringify({ version, tokens }, undefined, 2)}\n`;
