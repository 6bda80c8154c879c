import type english from "../en/settings.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
