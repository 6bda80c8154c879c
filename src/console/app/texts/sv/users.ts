import type english from "../en/users.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
