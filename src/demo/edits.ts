/**
 * The edits that the demo makes now and then, so that bundles keep arriving: pages move to https and back,
 * a university is removed and comes back in the next round.
 */
import type { University } from "./dataset.ts";

export interface Edit {
  method: "PATCH" | "DELETE" | "POST";
  path: string;
  body?: Partial<University>;
  /** Says it to the person who looks on. */
  text: string;
}

/** A removal every so many rounds. */
const REMOVAL_EVERY = 3;
const PATCHES_PER_ROUND = 2;

/**
 * Gives a function whose every call is a round of edits. Each edit changes something, so each makes a change.
 *
 * @param universities  those that were pushed
 * @param random  from 0 up to but not including 1, such as Math.random
 */
export function planEdits(universities: readonly University[], random: () => number): () => Edit[] {
  const present = universities.map((university) => ({ ...university }));
  let removed: University | undefined;
  let round = 0;

  function pick(): number {
    return Math.floor(random() * present.length);
  }

  function move(): Edit[] {
    const university = present[pick()];
    if (!university) return [];
    const secure = university.web_page.startsWith("https:");
    university.web_page = university.web_page.replace(/^https?:/, secure ? "http:" : "https:");
    const { id, name, web_page } = university;
    return [
      { method: "PATCH", path: `universities/${id}`, body: { web_page }, text: `${name}: ${web_page}` },
    ];
  }

  return () => {
    round++;
    const edits: Edit[] = [];
    if (removed) {
      edits.push({
        method: "POST",
        path: "universities",
        body: { ...removed },
        text: `${removed.name} is back`,
      });
      present.push(removed);
      removed = undefined;
    }
    for (let count = 0; count < PATCHES_PER_ROUND; count++) edits.push(...move());
    if (round % REMOVAL_EVERY === 0) {
      [removed] = present.splice(pick(), 1);
      if (removed)
        edits.push({
          method: "DELETE",
          path: `universities/${removed.id}`,
          text: `${removed.name} is removed`,
        });
    }
    return edits;
  };
}
