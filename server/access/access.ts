import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { type Clock, every, type Millis, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Audit } from "../audit/audit.ts";
import type { SiteConfig } from "../config-schema.ts";
import { Certificates } from "./certificates.ts";
import { inNetworks } from "./check.ts";
import { bearerIn } from "./bearer.ts";
import { Jwt } from "./jwt.ts";
import { addressKey, Limiter } from "./limits.ts";
import { anybody, type Principal } from "./principal.ts";
import type { AccessSection } from "./schema.ts";
import { sessionIn, Sessions } from "./sessions.ts";
import { type TokenChanges, ToldTokens } from "./told-tokens.ts";
import { type TokenHolder, Tokens } from "./tokens.ts";
import { tokenPrefix } from "./token.ts";

export interface AccessDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  /** Remembers which tokens were told of. */
  readonly keeper: Keeper;
}

/** Somebody who proved who they are, whatever they ask. */
export type Known = Pick<Principal, "name" | "role" | "scope" | "via" | "isGood">;

/** What is looked at of a request. */
export interface Asked {
  readonly raw: IncomingMessage;
  /** The address it comes from, beyond trusted proxies. */
  readonly ip: string;
  readonly id: string;
}

const always = (): boolean => true;

/** How often it is looked whether those still may who keep a connection open. */
const lookEvery: Millis = seconds(2);

/** Who asks. On a site without the section `access` that is anybody. */
export class Access {
  readonly #config: SiteConfig;
  readonly #deps: AccessDeps;
  readonly #guard: Guard | undefined;
  /** Connections that stay open after they were let in, and whether they may. */
  readonly #staying = new Map<Socket, () => boolean>();

  constructor(config: SiteConfig, deps: AccessDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#guard = config.access === undefined ? undefined : new Guard(config, config.access, deps);
  }

  /** Whether the site asks who somebody is. */
  get asks(): boolean {
    return this.#guard !== undefined;
  }

  /**
   * Who asks; `nobody` when they do not say so. At once, or later when the issuer of their token must be asked.
   * @throws BothyError `UNAUTHENTICATED`, `FORBIDDEN`, `TOO_MANY`, `UNVERIFIABLE`
   */
  identify(asked: Asked): Principal | Promise<Principal> {
    return this.#guard === undefined ? anybody(asked.ip, asked.id) : this.#guard.identify(asked);
  }

  /** Counts one more request, of a connection that stays. @throws BothyError `TOO_MANY` */
  admit(by: Principal): void {
    this.#guard?.admit(by);
  }

  /** Opens a session for a browser. @returns its secret; undefined for whoever needs none */
  openSession(by: Principal): string | undefined {
    return this.#guard?.openSession(by);
  }

  /** Ends a session, and with it the connections that were opened by it and stay. */
  closeSession(secret: string): void {
    this.#guard?.sessions.close(secret);
    this.#closeOthers();
  }

  /**
   * Closes a connection when whoever it was last opened by is not good any more: a revoked token, one that has expired,
   * a session that was ended.
   */
  stay(socket: Socket, { isGood }: Principal): void {
    if (this.#guard === undefined) return;
    if (!this.#staying.has(socket)) socket.once("close", () => this.#staying.delete(socket));
    this.#staying.set(socket, isGood ?? always);
  }

  /** Notices what changes, until aborted. */
  start(signal: AbortSignal): void {
    if (this.#guard === undefined) return;
    void this.#guard.tokens.watch(signal);
    void every(this.#deps.clock, lookEvery, () => this.#closeOthers(), signal);
    const { jwt, certificates, anonymous, loopback } = this.#config.access ?? {};
    const takes = { jwt: jwt?.issuer, certificates: certificates !== undefined, anonymous, loopback };
    this.#deps.log.info({ tokens: this.#guard.file, ...takes }, "the site asks who somebody is");
  }

  #closeOthers(): void {
    for (const [socket, isGood] of this.#staying) if (!isGood()) socket.destroy();
  }
}

/** Where a site's tokens are. Undefined: nowhere, as it keeps nothing. */
export const tokenFile = ({ access, state }: SiteConfig): string | undefined =>
  access?.tokens ?? (state === undefined ? undefined : join(state.folder, "tokens.json"));

/** The work of a site that asks. */
class Guard {
  readonly file: string | undefined;
  readonly tokens: Tokens;
  readonly sessions: Sessions<Known>;
  readonly #access: AccessSection;
  readonly #jwt: Jwt | undefined;
  readonly #certificates: Certificates | undefined;
  readonly #holders = new WeakMap<TokenHolder, Known>();
  readonly #clock: Clock;
  readonly #mayConnect: (address: string) => boolean;
  readonly #known: Limiter;
  readonly #strangers: Limiter;
  readonly #failures: Limiter;

  constructor(config: SiteConfig, access: AccessSection, { clock, log, audit, keeper }: AccessDeps) {
    const { tls, behindProxy, limits = {} } = config.http;
    this.#access = access;
    this.#clock = clock;
    this.file = tokenFile(config);
    const told = new ToldTokens(keeper);
    this.tokens = new Tokens(this.file, { clock, log }, (records) => {
      const changes = told.changes(records);
      if (changes !== undefined) auditTokens(audit, changes);
    });
    this.sessions = new Sessions(clock);
    this.#jwt = access.jwt === undefined ? undefined : new Jwt(access.jwt, clock);
    this.#certificates =
      tls?.clientCa === undefined ? undefined : new Certificates(access.certificates ?? {});
    this.#mayConnect =
      tls === undefined && behindProxy !== undefined
        ? inNetworks([...behindProxy, "127.0.0.0/8", "::1"])
        : () => true;
    const { requestsPerSecond = 1000, strangersPerSecond = 50, failuresPerMinute = 10 } = limits;
    this.#known = new Limiter(clock, requestsPerSecond, 2 * requestsPerSecond);
    this.#strangers = new Limiter(clock, strangersPerSecond, 2 * strangersPerSecond);
    this.#failures = new Limiter(clock, failuresPerMinute / 60, failuresPerMinute);
  }

  identify(asked: Asked): Principal | Promise<Principal> {
    const { remoteAddress = "" } = asked.raw.socket;
    if (!this.#mayConnect(remoteAddress)) {
      const fault = "only the proxy connects here";
      throw new BothyError("FORBIDDEN", { source: remoteAddress, action: "connect", fault });
    }
    const token = bearerIn(asked.raw.headers);
    if (token instanceof Error) throw this.#failed(asked, token.message);
    if (token === undefined) return this.#admitted(this.#unsaid(asked), asked);
    if (token.startsWith(tokenPrefix)) return this.#admitted(this.#byToken(token, asked), asked);
    return this.#byJwt(token, asked);
  }

  admit(by: Principal): void {
    const stranger = by.role === "nobody" || by.via === "anonymous";
    const wait = stranger ? this.#strangers.take(addressKey(by.from ?? "")) : this.#known.take(by.name);
    if (wait > 0) throw tooMany(by.name, wait);
  }

  openSession({ name, role, scope, via, isGood }: Principal): string | undefined {
    if (via !== "token" && via !== "jwt") return undefined;
    return this.sessions.open((isOpen) => ({
      name,
      role,
      via,
      ...(scope === undefined ? {} : { scope }),
      isGood: () => isOpen() && isGood?.() !== false,
    }));
  }

  #admitted(known: Known, { ip, id }: Asked): Principal {
    const by: Principal = { ...known, from: ip, request: id };
    this.admit(by);
    return by;
  }

  #byToken(token: string, asked: Asked): Known {
    const holder = this.tokens.holder(token);
    if (typeof holder === "string") throw this.#failed(asked, holder);
    const known = this.#holders.get(holder);
    if (known !== undefined) return known;
    const { name, role } = holder.record;
    const made: Known = {
      name: `token ${name}`,
      role,
      via: "token",
      ...(holder.scope === undefined ? {} : { scope: holder.scope }),
      isGood: () => this.tokens.isGood(holder),
    };
    this.#holders.set(holder, made);
    return made;
  }

  #byJwt(token: string, asked: Asked): Principal | Promise<Principal> {
    const jwt = this.#jwt;
    if (jwt === undefined) throw this.#failed(asked, "the token is none of this site");
    const holder = jwt.known(token);
    if (holder !== undefined) return this.#admitted(this.#claimed(holder), asked);
    // Verifying costs more than asking: whoever has tried too many bad ones waits.
    if (!this.#failures.has(addressKey(asked.ip))) throw this.#failed(asked, "");
    return jwt.holder(token).then((found) => {
      if (!("refused" in found)) return this.#admitted(this.#claimed(found), asked);
      if (!found.known) throw this.#failed(asked, found.refused);
      throw new BothyError("FORBIDDEN", {
        source: "who holds this token",
        action: "enter",
        fault: found.refused,
      });
    });
  }

  #claimed({ name, role, scope, expires }: ReturnType<Jwt["known"]> & object): Known {
    return {
      name: `jwt ${name}`,
      role,
      via: "jwt",
      ...(scope === undefined ? {} : { scope }),
      isGood: () => expires > this.#clock.now(),
    };
  }

  /** Who it is that sent no token. */
  #unsaid({ raw, ip }: Asked): Known {
    const session = sessionIn(raw.headers.cookie);
    const browser = session === undefined ? undefined : this.sessions.holder(session);
    if (browser !== undefined && browser.isGood?.() !== false) return browser;
    const certified = this.#certificates?.holder(raw.socket);
    if (typeof certified === "object")
      return { ...certified, name: `certificate ${certified.name}`, via: "certificate" };
    if (this.#access.loopback === true && isOfThisMachine(raw.socket))
      return { name: ip, role: "admin", via: "loopback" };
    if (this.#access.anonymous === "viewer") return { name: ip, role: "viewer", via: "anonymous" };
    return { name: ip, role: "nobody" };
  }

  /** Counts a bad credential; whoever tries too many is told to wait instead of what was wrong. */
  #failed({ ip }: Asked, fault: string): BothyError {
    const wait = this.#failures.take(addressKey(ip));
    return wait > 0
      ? tooMany(ip, wait)
      : new BothyError("UNAUTHENTICATED", { source: "the credential", fault });
  }
}

function auditTokens(audit: Audit, { come, gone, unseen }: TokenChanges): void {
  const when = unseen ? ", before the site was started" : "";
  const say = (text: string, { name, id }: { readonly name: string; readonly id: string }): void =>
    audit.record({
      who: "bothy token",
      what: "token",
      result: "done",
      text: `${text} ${name} (${id})${when}`,
    });
  for (const record of gone) say("revoked or changed:", record);
  for (const record of come) say(`${record.role}:`, record);
}

const isOfThisMachine = ({ remoteAddress = "" }: Socket): boolean =>
  /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/i.test(remoteAddress);

function tooMany(source: string, wait: number): BothyError {
  const after = Math.max(1, Math.ceil(wait));
  return new BothyError("TOO_MANY", { source, fault: `again in ${after} s`, after });
}
