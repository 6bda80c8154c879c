import type english from "../en/accounts.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
