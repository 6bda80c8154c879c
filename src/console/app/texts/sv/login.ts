import type english from "../en/login.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
