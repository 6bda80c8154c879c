/**
 * Taking the configuration as it is now, without a restart: `koppla reload`, SIGHUP.
 *
 * All or nothing: a file that is wrong, or that has changed something that needs a restart, changes nothing at all.
 */
import { ConfigError } from "../config/errors.ts";
import type { Config } from "../config/types.ts";
import type { Logger } from "../log.ts";
import { Problem } from "../problem.ts";
import { wishesOf } from "../provision/of-config.ts";
import { provision } from "../provision/start.ts";
import { describeStep } from "../provision/step.ts";
import { reindex } from "../records/reindex.ts";
import type { Services } from "../services.ts";
import { CertificateError } from "../tls/certificate.ts";
import { compare } from "./compare.ts";
import { take } from "./take.ts";

/** What a reload has brought about: settings, and lines about what is provisioned. */
export interface Reloaded {
  changed: string[];
  provisioned: string[];
}

export interface ReloadCollaborators {
  services: Services;
  log: Logger;
  /** Reads the file anew. @throws {ConfigError} */
  load: () => Promise<Config>;
  /** Reads the certificate. @throws CertificateError where it cannot be used: the old one stays */
  certificate: (server: Config["server"]) => Promise<void>;
  /** Receivers as they are now. */
  pipeline: { reload(): Promise<void> };
}

export class Reload {
  readonly #o: ReloadCollaborators;
  #running: Promise<Reloaded> | undefined;
  /** The one that comes after: all who ask while one is under way share it, so a storm of signals is two reloads. */
  #next: Promise<Reloaded> | undefined;
  #stopped = false;
  #last: { ok: boolean; takenAt: number | undefined } = { ok: true, takenAt: undefined };

  constructor(collaborators: ReloadCollaborators) {
    this.#o = collaborators;
  }

  /**
   * @throws Problem `conflict` naming what needs a restart, `invalid` with what is wrong with the file; then nothing has
   *   changed
   */
  now(): Promise<Reloaded> {
    if (!this.#running) return (this.#running = this.#run());
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return (this.#running = this.#run());
      });
    return this.#next;
  }

  /** Whether the last one was taken (true before the first), and when one was, ms since 1970. */
  get last(): { ok: boolean; takenAt: number | undefined } {
    return this.#last;
  }

  /** Resolves when none is under way, and none begins. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([this.#running, this.#next]);
  }

  async #run(): Promise<Reloaded> {
    try {
      if (this.#stopped) throw new Problem("unavailable", "The server is stopping.");
      const reloaded = await this.#reload();
      this.#last = { ok: true, takenAt: this.#o.services.clock.now() };
      return reloaded;
    } catch (error) {
      const told = problemOf(error);
      this.#last = { ...this.#last, ok: false };
      this.#o.log.error("not reloaded, the old configuration stays", {
        ...(told ? { reason: told.message } : { error }),
      });
      throw told ?? error;
    } finally {
      this.#running = undefined;
    }
  }

  async #reload(): Promise<Reloaded> {
    const { services, log, load, certificate, pipeline } = this.#o;
    const next = await load();
    const wishes = wishesOf(next);
    const { taken, refused } = compare(services.config, next);
    if (refused.length > 0) {
      const which = refused.join(", ");
      throw new Problem(
        "conflict",
        `Needs a restart: ${which}. Nothing was changed, the old configuration stays.`,
      );
    }
    // What can fail comes first: the certificate, then the database, in one transaction.
    await certificate(next.server);
    const steps = await provision(services, wishes, log);
    take(services, next);
    const isChanged = (section: string) => taken.some((path) => path.startsWith(section));
    if (isChanged("schedules.") || isChanged("actions."))
      await services.schedules.reload(next.schedules, log);
    if (isChanged("types.")) await reindex({ ...services, log });
    if (isChanged("types.") || isChanged("webhooks.")) await pipeline.reload();
    for (const { path, message } of next.warnings) log.warn("setting without effect", { path, message });
    log.info("reloaded", { changed: taken, provisioned: steps.length });
    return { changed: taken, provisioned: steps.map(describeStep) };
  }
}

function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof ConfigError || error instanceof CertificateError)
    return new Problem("invalid", error.message);
  return undefined;
}
