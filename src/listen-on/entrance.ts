/** What a server takes before it is made: its database, which another may have, and the address where it listens. */
import { systemClock } from "../clock.ts";
import type { Config, ListenAddress } from "../config/types.ts";
import { type DatabaseLock, takeDatabase } from "../control/lock.ts";
import { socketPaths } from "../control/socket.ts";
import type { Logger } from "../log.ts";
import { freePort, Listening } from "./listening.ts";

export interface Entrance {
  /** Listens already; who asks is answered when there is an application. */
  door: Listening;
  /** Without a trailing slash. */
  publicUrl: string;
  lock: DatabaseLock;
  /** Nobody listens any more, and another may have the database. */
  leave(): Promise<void>;
}

/** @throws Problem `conflict` where another server has the database; as {@link Listening.open} */
export async function enter(config: Config, log: Logger): Promise<Entrance> {
  const [socket = null] = socketPaths(config);
  const lock = takeDatabase(config.database, { clock: systemClock, what: "serve", socket });
  try {
    const { listen, publicUrl } = whereOf(config.server);
    const door = await Listening.open({
      ...{ config: config.server, listen, publicUrl, clock: systemClock, log },
    });
    const leave = async () => {
      await door.close();
      lock.release();
    };
    return { door, publicUrl, lock, leave };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** With port 0 the address is known only once it listens, and changes must carry it: a free one is chosen before. */
function whereOf({ listen, publicUrl }: Config["server"]): { listen: ListenAddress; publicUrl: string } {
  if ("unix" in listen || listen.port !== 0) return { listen, publicUrl };
  const port = freePort(listen.hostname);
  return { listen: { ...listen, port }, publicUrl: publicUrl.replace(/:0(?=\/|$)/, `:${port}`) };
}
