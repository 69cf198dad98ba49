/** What one controller does one after the other: its steps, and versions being put in place of others. */
export class Turns {
  readonly #failed: (thrown: unknown) => void;
  #stepping = false;
  #busy: Promise<void> | undefined;

  /** @param failed told of what a step throws; never throws */
  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed;
  }

  /** A step, or a version being put in place of another: resolves when it is over. */
  get busy(): Promise<void> | undefined {
    return this.#busy;
  }

  /** Whether a step is under way, or waits for others. */
  get stepping(): boolean {
    return this.#stepping;
  }

  /** One step now. Never throws. @param step resolves when it is over, when its function runs elsewhere */
  now(step: () => Promise<void> | undefined): void {
    try {
      const done = step();
      if (done !== undefined) this.#under(done);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** One step as soon as others have done theirs. */
  after(others: Promise<unknown>, step: () => Promise<void> | undefined): void {
    this.#under(others.then(step));
  }

  /** Between two steps: those that fall due meanwhile wait. @throws whatever `work` does */
  async between<T>(work: () => Promise<T>): Promise<T> {
    while (this.#busy !== undefined) await this.#busy;
    const done = work();
    const busy = done.then(
      () => undefined,
      () => undefined,
    );
    this.#busy = busy;
    try {
      return await done;
    } finally {
      if (this.#busy === busy) this.#busy = undefined;
    }
  }

  #under(done: Promise<void>): void {
    this.#stepping = true;
    const busy = done.catch(this.#failed).then(() => {
      this.#stepping = false;
      if (this.#busy === busy) this.#busy = undefined;
    });
    this.#busy = busy;
  }
}
