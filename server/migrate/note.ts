/** Something whoever migrates should know: what of the old configuration it concerns, what changes, what to do. */
export interface Note {
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
  /** Whether something the old system did is not done any more until somebody acts. */
  readonly lost: boolean;
}

/** One line for people. */
export const noteText = ({ where, what, remedy, lost }: Note): string =>
  `${lost ? "not carried over" : "note"}: ${where}: ${what}; ${remedy}`;
