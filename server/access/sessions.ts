import { createHash, randomBytes } from "node:crypto";
import { type Clock, type Millis, hours } from "../../devices/clock.ts";

/** How long a browser stays logged in without being used. */
const idleFor: Millis = hours(12);
const most = 1000;
const cookieName = "bothy_session";

interface Session<T> {
  readonly holder: T;
  used: Millis;
}

/** Browsers that are logged in. Kept in memory: after a restart they log in again. */
export class Sessions<T> {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #sessions = new Map<string, Session<T>>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /**
   * @param make the holder; `isOpen` says whether the session lasts, for whatever stays open that was begun with it.
   * Whoever asks uses it: a page that only listens is not idle
   * @returns the new session's secret
   */
  open(make: (isOpen: () => boolean) => T): string {
    const secret = randomBytes(32).toString("base64url");
    const key = keyOf(secret);
    this.#forget();
    const holder = make(() => this.#use(key) !== undefined);
    this.#sessions.set(key, { holder, used: this.#clock.monotonic() });
    return secret;
  }

  holder(secret: string): T | undefined {
    return this.#use(keyOf(secret))?.holder;
  }

  #use(key: string): Session<T> | undefined {
    const now = this.#clock.monotonic();
    const found = this.#sessions.get(key);
    if (found === undefined || now - found.used >= idleFor) return undefined;
    found.used = now;
    return found;
  }

  close(secret: string): void {
    this.#sessions.delete(keyOf(secret));
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (const [key, { used }] of this.#sessions) if (now - used >= idleFor) this.#sessions.delete(key);
    if (this.#sessions.size < most) return;
    const [oldest] = [...this.#sessions].sort(([, a], [, b]) => a.used - b.used);
    if (oldest !== undefined) this.#sessions.delete(oldest[0]);
  }
}

/** Found by what is not secret: how long a look-up takes says nothing of the secret. */
const keyOf = (secret: string): string => createHash("sha256").update(secret).digest("base64");

const cookie = new RegExp(`(?:^|;\\s*)${cookieName}=([A-Za-z0-9_-]{43})(?:;|$)`);

/** The secret in a `Cookie` header. */
export const sessionIn = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : cookie.exec(header)?.[1];

/**
 * A `Set-Cookie` header. No script reads it, no page of another site makes a browser send it.
 * @param secret absent: forget it
 */
export const sessionCookie = (secret: string | undefined, secure: boolean): string =>
  `${cookieName}=${secret ?? ""}; Path=/; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}` +
  (secret === undefined ? "; Max-Age=0" : "");
