import type english from "../en/organisations.ts";
import type { Like } from "../shape.ts";

export default {} satisfies Like<typeof english>;
