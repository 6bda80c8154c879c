import { openServices, type Services } from "../services.ts";
import { configOf } from "./output.ts";

/** Opens the services for one command, beside a running server or without one, and closes them whatever happens. */
export async function withServices<R>(
  options: { config?: string | undefined },
  run: (services: Services) => Promise<R>,
): Promise<R> {
  const services = await openServices(await configOf(options));
  try {
    return await run(services);
  } finally {
    await services.close();
  }
}
