/**
 * Takes up a new certificate when its files change, and when it is told to. What cannot be used is told in the log, and
 * the old one stays.
 */
import { stat } from "node:fs/promises";

import type { Clock } from "../clock.ts";
import type { TlsFiles } from "../config/types.ts";
import type { Logger } from "../log.ts";
import { type Certificate, CertificateError, readCertificate } from "./certificate.ts";

export interface CertificateWatchOptions {
  files: TlsFiles;
  /** The one in use. */
  current: Certificate;
  clock: Clock;
  log: Logger;
  /** Shows it to new connections from now on. */
  swap: (next: Certificate) => Promise<void>;
  /** Between two looks at the files, milliseconds. */
  every?: number;
}

/** Looking costs two `stat`; links are followed, so what certbot and Kubernetes do is seen. */
const LOOK_MS = 1_000;
const DAY_MS = 86_400_000;
/** A certificate that is good for less than this, days, is told of every day. */
const SOON_DAYS = 14;

export class CertificateWatch {
  readonly #o: CertificateWatchOptions;
  #files: TlsFiles;
  #current: Certificate;
  /** What the files looked like when they were last read. */
  #seen = "";
  /** They were wrong at the last look: certificate and key are rarely replaced in one moment, so that may be over. */
  #doubted = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #busy: Promise<unknown> = Promise.resolve();
  #warnAt = 0;

  constructor(options: CertificateWatchOptions) {
    this.#o = options;
    this.#files = options.files;
    this.#current = options.current;
  }

  get current(): Certificate {
    return this.#current;
  }

  async start(): Promise<void> {
    this.#seen = await looks(this.#files);
    this.#told();
    this.#timer = setInterval(() => void this.#queue(() => this.#look()), this.#o.every ?? LOOK_MS);
    this.#timer.unref();
  }

  /**
   * Reads the files now: they may be others.
   * @throws CertificateError where they cannot be used; the log has it, and the old certificate stays
   */
  async reload(files: TlsFiles = this.#files): Promise<void> {
    await this.#queue(async () => {
      const seen = await looks(files);
      try {
        await this.#take(files);
      } catch (error) {
        this.#refuse(error);
        throw error;
      }
      this.#files = files;
      this.#seen = seen;
      this.#doubted = false;
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#busy.catch(() => {});
  }

  /** One after the other: a look that comes while a swap is under way waits for it. */
  #queue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#busy.catch(() => {}).then(work);
    this.#busy = done;
    // A look tells the log itself; `reload` throws to whoever called.
    done.catch(() => {});
    return done;
  }

  async #look(): Promise<void> {
    this.#told();
    const seen = await looks(this.#files);
    if (seen === this.#seen && !this.#doubted) return;
    const again = this.#doubted && seen === this.#seen;
    this.#seen = seen;
    try {
      await this.#take(this.#files);
      this.#doubted = false;
    } catch (error) {
      // Told when it is still so at the next look, once.
      this.#doubted = !again;
      if (again) this.#refuse(error);
    }
  }

  async #take(files: TlsFiles): Promise<void> {
    const next = readCertificate(files);
    const { cert, key, notAfter } = this.#current;
    if (next.cert === cert && next.key === key) return;
    const now = this.#o.clock.now();
    // At a start it is taken all the same: a server with an old certificate is better than none.
    if (next.notAfter <= now && notAfter > now) {
      const message = `found a certificate in ${files.certFile} that has expired, expected one that is good`;
      throw new CertificateError("certFile", message);
    }
    await this.#o.swap(next);
    this.#current = next;
    this.#warnAt = 0;
    this.#o.log.info("new certificate", described(next));
    this.#told();
  }

  #refuse(error: unknown): void {
    const reason = error instanceof CertificateError ? error.message : undefined;
    const kept = described(this.#current);
    this.#o.log.error("the certificate was not replaced", reason ? { reason, kept } : { error, kept });
  }

  /** Once a day, where it ends soon. */
  #told(): void {
    const now = this.#o.clock.now();
    const left = this.#current.notAfter - now;
    if (left > SOON_DAYS * DAY_MS || now < this.#warnAt) return;
    this.#warnAt = now + DAY_MS;
    this.#o.log.warn(left <= 0 ? "the certificate has expired" : "the certificate expires soon", {
      ...described(this.#current),
    });
  }
}

function described({ names, notAfter, fingerprint }: Certificate) {
  return { names, not_after: new Date(notAfter).toISOString(), sha256: fingerprint };
}

/** Changes when a file, or what a link leads to, does. */
async function looks({ certFile, keyFile }: TlsFiles): Promise<string> {
  const one = async (path: string) => {
    const found = await stat(path).catch(() => undefined);
    return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}` : "none";
  };
  return (await Promise.all([one(certFile), one(keyFile)])).join(" ");
}
