import type english from "../en/impersonation.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
