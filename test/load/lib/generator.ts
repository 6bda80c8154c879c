/** The load generator: a process that reads a job per line from stdin and answers each with a line. */
import { runBursts, runClosed } from "./closed.ts";
import type { Job } from "./jobs.ts";
import { listen, runOpen } from "./open.ts";

function run(job: Job): unknown {
  switch (job.kind) {
    case "closed":
      return runClosed(job);
    case "burst":
      return runBursts(job);
    case "open":
      return runOpen(job);
    case "listen":
      return { port: listen() };
  }
}

console.log(JSON.stringify({ ready: true }));
for await (const line of console) {
  try {
    console.log(JSON.stringify(await run(JSON.parse(line))));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}
// stdin has ended: the benchmark is gone, and a port that is still open must not keep this process.
process.exit(0);
