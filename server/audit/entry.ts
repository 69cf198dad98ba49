/**
 * One line of the audit log. What is not known is not there. `accepted` and its `done` or `error` share a
 * `transaction`.
 */
export interface AuditEntry {
  /** Counts up by one, also across restarts; a gap is something that was lost. */
  readonly n: number;
  /** ISO 8601. */
  readonly at: string;
  readonly who: string;
  /** How they proved who they are. */
  readonly via?: string;
  /** The address they asked from. */
  readonly from?: string;
  /** A request's id, as in the log and in the answer. */
  readonly request?: string;
  /** `write` and `relinquish` are of a device; `request` of the site; `token` and `audit` of what guards it. */
  readonly what: "write" | "relinquish" | "request" | "token" | "session" | "audit";
  /** A method and a path, or an event. */
  readonly route?: string;
  readonly device?: string;
  readonly alias?: string;
  readonly action?: string;
  readonly value?: string;
  readonly slot?: number;
  /** It passed, or was to pass, the guards of the device. */
  readonly forced?: true;
  readonly why?: string;
  readonly transaction?: string;
  readonly result: "accepted" | "refused" | "done" | "error";
  /** Of docs/errors.md. */
  readonly code?: string;
  /** What was read back, or what went wrong. */
  readonly text?: string;
  /** So many of the same kind stand for this one, when more came than are worth a line each. */
  readonly count?: number;
}

/** An entry before it has its place. */
export type AuditFacts = Omit<AuditEntry, "n" | "at">;

/** How it stands with the log. Plain JSON. */
export interface AuditStatus {
  readonly kept: boolean;
  readonly folder?: string;
  /** Why entries are not kept now, or were lost. */
  readonly fault?: string;
  /** Entries that could not be kept. */
  readonly lost: number;
}

/** Where entries go. Never throws: what is written matters more than the record of it. */
export interface AuditStore {
  /** The number of the next entry. */
  readonly next: number;
  append(entry: AuditEntry): void;
  /** Entries whose number is below `before`, the newest first. */
  backwards(before: number): AsyncIterable<AuditEntry>;
  status(): AuditStatus;
  close(): void;
}
