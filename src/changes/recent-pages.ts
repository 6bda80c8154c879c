/**
 * Pages of a feed that were read a moment ago: a change is told to many receivers at once, which mostly stand at the same
 * place and ask for the same topics. What a page holds is settled by the feed's newest sequence, so it is good for as
 * long as that stays.
 */
import type { FeedPage } from "./service.ts";

/** Rows that are kept, of all pages together. */
const MAX_ROWS = 5_000;

export class RecentPages {
  #organisationId: number | undefined;
  #head = 0;
  #rows = 0;
  readonly #pages = new Map<string, FeedPage>();

  /** @param head  the organisation's newest sequence @param key  what else the page depends on */
  find(organisationId: number, head: number, key: string): FeedPage | undefined {
    return this.#isOf(organisationId, head) ? this.#pages.get(key) : undefined;
  }

  keep(organisationId: number, head: number, key: string, page: FeedPage): void {
    if (!this.#isOf(organisationId, head)) {
      this.#organisationId = organisationId;
      this.#head = head;
      this.#rows = 0;
      this.#pages.clear();
    }
    this.#rows += page.rows.length;
    if (this.#rows <= MAX_ROWS) this.#pages.set(key, page);
  }

  #isOf(organisationId: number, head: number): boolean {
    return this.#organisationId === organisationId && this.#head === head;
  }
}
