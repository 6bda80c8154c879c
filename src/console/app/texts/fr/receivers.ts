import type english from "../en/receivers.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
