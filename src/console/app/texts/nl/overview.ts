import type english from "../en/overview.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
