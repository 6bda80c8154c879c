import type english from "../en/actions.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
