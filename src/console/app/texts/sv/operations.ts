import type english from "../en/operations.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
