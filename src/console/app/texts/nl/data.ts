import type english from "../en/data.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
