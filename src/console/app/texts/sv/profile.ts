import type english from "../en/profile.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
