import type english from "../en/messages.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
