/** Names of components and operations, each given once. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /**
   * A stem such that all names made of it are still free, and are taken from now on.
   * @param names  the names that a stem leads to
   */
  take(wanted: string, names: (stem: string) => string[]): string {
    for (let number = 1; ; number++) {
      const stem = number === 1 ? wanted : number === 2 ? `${wanted}Record` : `${wanted}Record${number - 1}`;
      const all = names(stem);
      if (all.some((name) => this.#taken.has(name))) continue;
      for (const name of all) this.#taken.add(name);
      return stem;
    }
  }
}
