/** What axe finds of WCAG in a page as it stands. Its script is evaluated: the page's policy lets in no other. */
import { join } from "node:path";
import type { Page } from "playwright-core";

interface Result {
  violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
}

/** @returns what is serious or critical, a line each; there is to be nothing */
export async function seriousFindings(page: Page): Promise<string[]> {
  const script = await Bun.file(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js")).text();
  await page.evaluate(script);
  const { violations } = (await page.evaluate("axe.run()")) as Result;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = "" }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}
