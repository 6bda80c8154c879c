import type english from "../en/audit.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
