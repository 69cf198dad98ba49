import { BothyError } from "../../../devices/errors.ts";
import { type Asked, attemptOnce } from "./attempt.ts";
import { capabilitiesOf, offeredSuites } from "./capabilities.ts";
import type { CipherSuite } from "./cipher-suites.ts";
import { open15 } from "./handshake15.ts";
import type { Opening } from "./opening.ts";
import { refusal, refusalOf } from "./refusal.ts";
import type { Session } from "./session.ts";

/**
 * Opens a session. Each way of not getting one has its own error, see `Refusal`.
 * @throws BothyError `UNAUTHENTICATED` (user, password, K_G), `UNSUPPORTED` (cipher suites), `REFUSED` (privilege),
 *   `BUSY` (no free session), `NO_ANSWER`, `STOPPED`
 */
export async function openSession(opening: Opening): Promise<Session> {
  if (opening.login.version === "1.5") return open15(opening);
  const { login } = opening;
  const capabilities = await capabilitiesOf(opening);
  let suites = login.suites;
  let last: BothyError | undefined;
  for (const level of login.levels) {
    const outcome = await firstSuite(opening, suites, level, capabilities?.supports20 !== false);
    if (!(outcome instanceof BothyError)) return outcome;
    last = outcome;
    const reason = refusalOf(outcome);
    if (reason !== "privilege-refused" && reason !== "wrong-user") throw outcome;
    // The suite was fine: only the level was not.
    const { suite } = outcome.params;
    suites = suites.filter(({ id }) => suite === undefined || id === suite);
  }
  throw last ?? refusal(login.name, "refused", "there is no privilege level to ask for");
}

/** Tries suites in their order. @returns the session, or the error that says most */
async function firstSuite(
  opening: Opening,
  suites: readonly CipherSuite[],
  level: number,
  supports20: boolean,
): Promise<Session | BothyError> {
  const errors: BothyError[] = [];
  for (const suite of suites) {
    try {
      return await persistently(opening, { suite, level }, supports20);
    } catch (thrown) {
      const reason = refusalOf(thrown);
      if (!(thrown instanceof BothyError) || reason === undefined) throw thrown;
      errors.push(thrown);
      // Silence is no reason to go on with less protection.
      if (reason !== "suite-refused" && reason !== "other-suite" && reason !== "no-free-session")
        return thrown;
    }
  }
  const busy = errors.find((error) => refusalOf(error) === "no-free-session");
  return busy ?? suitesRefused(opening, suites, errors);
}

async function suitesRefused(
  opening: Opening,
  suites: readonly CipherSuite[],
  errors: readonly BothyError[],
): Promise<BothyError> {
  const offered = await offeredSuites(opening);
  const last = errors.at(-1);
  const asked = suites.map(({ id }) => id).join(", ");
  const has = offered === undefined ? "" : `; it offers ${offered.map(({ id }) => id).join(", ")}`;
  const reason = last === undefined ? "suite-refused" : refusalOf(last);
  return refusal(
    opening.login.name,
    reason === "other-suite" ? "other-suite" : "suite-refused",
    `${String(last?.params["fault"])}; tried ${asked}${has}: allow one of these on the BMC, or name one that it has in suites`,
  );
}

/**
 * Starts over, with a new session id, when an answer does not come: BMCs take repeated messages of a handshake for
 * new ones, or for attacks.
 */
async function persistently(opening: Opening, asked: Asked, supports20: boolean): Promise<Session> {
  const { login } = opening;
  for (let attempt = 1; attempt <= login.tries; attempt++) {
    const session = await attemptOnce(opening, asked, login.timeout * Math.min(attempt, 2));
    if (session !== undefined) return session;
  }
  if (!supports20) {
    throw refusal(
      login.name,
      "not-supported",
      `it speaks IPMI 1.5 only: set version "1.5", which protects little`,
    );
  }
  let waited = 0;
  for (let attempt = 1; attempt <= login.tries; attempt++) waited += login.timeout * Math.min(attempt, 2);
  throw new BothyError("NO_ANSWER", { source: login.name, timeout: waited, reason: "no-answer" });
}
