import type english from "../en/schedules.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
