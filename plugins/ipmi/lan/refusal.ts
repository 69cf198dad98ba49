import { BothyError, type ErrorCode } from "../../../devices/errors.ts";
import { describeStatus, rakpStatus } from "./rakp.ts";

/** Why a session cannot be had; `reason` among the parameters of the error. */
export type Refusal =
  | "wrong-user"
  | "wrong-password"
  | "wrong-key"
  | "suite-refused"
  | "other-suite"
  | "privilege-refused"
  | "no-free-session"
  | "not-supported"
  | "refused"
  | "no-answer";

const codes: Readonly<Record<Exclude<Refusal, "no-answer">, ErrorCode>> = {
  "wrong-user": "UNAUTHENTICATED",
  "wrong-password": "UNAUTHENTICATED",
  "wrong-key": "UNAUTHENTICATED",
  "suite-refused": "REFUSED",
  "other-suite": "REFUSED",
  "privilege-refused": "REFUSED",
  "no-free-session": "BUSY",
  "not-supported": "UNSUPPORTED",
  refused: "REFUSED",
};

export const refusal = (source: string, reason: Exclude<Refusal, "no-answer">, fault: string): BothyError =>
  new BothyError(codes[reason], { source, fault, reason });

/** Why a session could not be had; undefined for errors of another kind. */
export function refusalOf(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof BothyError)) return undefined;
  if (thrown.code === "NO_ANSWER") return "no-answer";
  const { reason } = thrown.params;
  return typeof reason === "string" && (reason in codes || reason === "no-answer")
    ? (reason as Refusal)
    : undefined;
}

const levelNames: readonly string[] = ["highest", "callback", "user", "operator", "administrator", "OEM"];

export const levelName = (level: number): string => levelNames[level] ?? `level ${level}`;

/** What RMCP+ says when it refuses, at a given step of the handshake. IPMI v2.0 table 13-15. */
export function refusedStatus(
  source: string,
  status: number,
  step: "open" | "rakp2" | "rakp4",
  asked: { readonly user: string; readonly level: number; readonly suite: number },
): BothyError {
  const said = describeStatus(status);
  switch (status) {
    case rakpStatus.noResources:
    case rakpStatus.noResourcesForRole:
      return refusal(
        source,
        "no-free-session",
        `it has no free session (${said}): end others, or wait until they expire; some say this of a cipher suite that is switched off`,
      );
    case rakpStatus.unknownName:
    case rakpStatus.invalidName:
      return refusal(
        source,
        "wrong-user",
        `it knows no user "${asked.user}" who may log in here (${said}): check the name, and that the account is on`,
      );
    case rakpStatus.invalidRole:
    case rakpStatus.roleNotAllowed:
      return privilegeRefused(source, asked.level, said);
    case rakpStatus.wrongCode:
      return refusal(source, "wrong-password", `the password of "${asked.user}" is wrong (${said})`);
    default:
      return step === "open"
        ? refusal(source, "suite-refused", `it does not take cipher suite ${asked.suite} (${said})`)
        : refusal(source, "refused", `it broke the log-in off (${said})`);
  }
}

export const privilegeRefused = (source: string, level: number, said: string): BothyError =>
  refusal(
    source,
    "privilege-refused",
    `the account may not be ${levelName(level)} here (${said}): ask for less privilege, or raise the account's limit`,
  );
