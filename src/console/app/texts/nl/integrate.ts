import type english from "../en/integrate.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
