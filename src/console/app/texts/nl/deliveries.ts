import type english from "../en/deliveries.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
