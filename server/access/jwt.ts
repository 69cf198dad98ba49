import { createHash, createSecretKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { type Clock, type Instant, type Millis, minutes, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { type Claimed, claimed } from "./claims.ts";
import { type JwtSection, publicAlgorithms } from "./schema.ts";
import { WatchedFiles } from "./watched-file.ts";

/** How long an issuer may take to say what its keys are. */
const patience: Millis = seconds(5);
/** After a failure it is not asked again for this long: everybody would wait in vain. */
const pause: Millis = seconds(10);
/** How far the clocks of issuer and site may be apart. */
const tolerance: Millis = seconds(30);
/** A verified token is not verified again for this long: a key that was withdrawn counts no longer after it. */
const believedFor: Millis = minutes(5);
const mostBelieved = 1000;
const longestToken = 16_384;
const smallestSecret = 32;

/** Who holds a token of the issuer, and until when. */
export interface JwtHolder extends Claimed {
  readonly expires: Instant;
}

interface Believed {
  readonly holder: JwtHolder;
  readonly until: Millis;
}

/** Tokens of an issuer. RFC 7519; what may be signed with which key is decided here, never by a token. RFC 8725. */
export class Jwt {
  readonly #section: JwtSection;
  readonly #clock: Clock;
  readonly #keys: Keys;
  readonly #believed = new Map<string, Believed>();

  constructor(section: JwtSection, clock: Clock) {
    this.#section = section;
    this.#clock = clock;
    this.#keys = keysOf(section, clock);
  }

  /** Whoever holds a token that was verified a short while ago. */
  known(token: string): JwtHolder | undefined {
    const found = this.#believed.get(fingerprint(token));
    if (found === undefined || found.until <= this.#clock.monotonic()) return undefined;
    return found.holder.expires > this.#clock.now() ? found.holder : undefined;
  }

  /**
   * Verifies a token.
   * @returns a text when it is not good, saying why
   * @throws BothyError `UNVERIFIABLE` when the issuer's keys cannot be had
   */
  async holder(token: string): Promise<JwtHolder | Refused> {
    if (token.length > longestToken) return bad("the token is too long");
    const claims = await this.#verified(token);
    if (typeof claims === "string") return bad(claims);
    const who = claimed(claims, this.#section);
    if (typeof who === "string") return { refused: who, known: true };
    const holder = { ...who, expires: (claims.exp ?? 0) * 1000 + tolerance };
    if (this.#believed.size >= mostBelieved) this.#believed.clear();
    const until = this.#clock.monotonic() + believedFor;
    this.#believed.set(fingerprint(token), { holder, until });
    return holder;
  }

  async #verified(token: string): Promise<JWTPayload | string> {
    const { issuer, audience, algorithms } = this.#section;
    const usual = this.#section.secretFile === undefined ? publicAlgorithms : ["HS256"];
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: [...(algorithms ?? usual)],
        requiredClaims: ["exp"],
        clockTolerance: tolerance / 1000,
        currentDate: new Date(this.#clock.now()),
      });
      return payload;
    } catch (error) {
      if (error instanceof BothyError) throw error;
      return `the token is not good (${reasonOf(error)})`;
    }
  }
}

/** Why a token is refused; `known`: it is good, but does not say who may do what. */
export interface Refused {
  readonly refused: string;
  readonly known: boolean;
}
const bad = (refused: string): Refused => ({ refused, known: false });

/** Tokens are not kept in memory longer than needed. */
const fingerprint = (token: string): string => createHash("sha256").update(token).digest("base64");

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWKSNoMatchingKey) return "none of the issuer's keys fits it";
  return error instanceof Error ? error.message : String(error);
}

type Keys = JWTVerifyGetKey;

function keysOf(section: JwtSection, clock: Clock): Keys {
  const { issuer, jwks, secretFile } = section;
  if (secretFile !== undefined) return keysOfFile(secretFile, secretIn);
  if (jwks !== undefined && !/^https?:\/\//.test(jwks)) return keysOfFile(jwks, keySetIn);
  return keysOfIssuer(issuer, jwks, clock);
}

function keysOfFile(file: string, read: (bytes: Buffer) => Keys): Keys {
  let keys: Keys | undefined;
  const watched = new WatchedFiles([file], () => (keys = undefined));
  return async (header, input) => {
    watched.refresh();
    try {
      keys ??= read(readFileSync(file));
    } catch (error) {
      throw unverifiable(file, error);
    }
    return keys(header, input);
  };
}

const keySetIn = (bytes: Buffer): Keys => createLocalJWKSet(JSON.parse(bytes.toString()) as JSONWebKeySet);

function secretIn(bytes: Buffer): Keys {
  const text = bytes.toString("latin1").trim();
  if (text.length < smallestSecret) throw new Error(`it holds less than ${smallestSecret} bytes`);
  const key: KeyObject = createSecretKey(Buffer.from(text, "latin1"));
  return () => key;
}

/** Keys of an issuer that is asked for them, and for where they are when nobody has said so. */
function keysOfIssuer(issuer: string, jwks: string | undefined, clock: Clock): Keys {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  let failed: { readonly at: Millis; readonly error: unknown } | undefined;
  /** An issuer out of reach has not withdrawn its keys: a site whose uplink is down goes on with those it knows. */
  const known = (error: unknown): Keys => {
    const set = keys?.jwks();
    if (set === undefined) throw unverifiable(issuer, error);
    return createLocalJWKSet(set);
  };
  return async (header, input) => {
    const waiting = failed !== undefined && clock.monotonic() - failed.at < pause;
    if (failed !== undefined && waiting) return known(failed.error)(header, input);
    try {
      keys ??= createRemoteJWKSet(new URL(jwks ?? (await discovered(issuer))), {
        timeoutDuration: patience,
        cacheMaxAge: minutes(10),
      });
      const key = await keys(header, input);
      failed = undefined;
      return key;
    } catch (error) {
      if (isOfToken(error)) throw error;
      failed = { at: clock.monotonic(), error };
      return known(error)(header, input);
    }
  };
}

/** Whether the token is at fault, not the way to the keys. */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;

/** OpenID Connect Discovery 1.0 §4. */
async function discovered(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: "error" });
  const found = (await answer.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  // §4.3: who answers for another issuer is none.
  if (found.issuer !== issuer || typeof found.jwks_uri !== "string")
    throw new Error(`${url} does not describe ${issuer}`);
  return found.jwks_uri;
}

function unverifiable(source: string, error: unknown): BothyError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const fault = cause instanceof Error ? cause.message : String(cause);
  return new BothyError(
    "UNVERIFIABLE",
    { source: `a token of ${source}`, fault, after: 10 },
    { cause: error },
  );
}
