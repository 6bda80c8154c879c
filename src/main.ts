/** The executable. */
import { raiseRequestLimit } from "./reexec.ts";

// Before anything else is loaded: what was loaded until here is loaded twice.
if (process.argv[2] === "serve" || process.argv[2] === "demo") raiseRequestLimit();

const { main } = await import("./cli/main.ts");
await main();
