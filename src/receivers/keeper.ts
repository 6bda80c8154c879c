/** Receivers that koppla.yaml keeps: see `provision/service.ts`. */
import { server } from "../audit/entry.ts";
import type { ChangeFeed } from "../changes/service.ts";
import type { Clock } from "../clock.ts";
import { NO_LONGER_KEPT } from "../provision/kept.ts";
import { differences, type Step } from "../provision/step.ts";
import type { ReceiverWish } from "../provision/wishes.ts";
import type { Transaction } from "../store/store.ts";
import type { ReceiverCodec } from "./codec.ts";
import type { NewReceiver } from "./input.ts";
import { keptReceivers, type ReceiverRow, receiversNamed } from "./queries.ts";
import type { ReceiverRows } from "./rows.ts";

/** What of a receiver the YAML speaks of, beside its secrets; the rest is as the API has it, and stays. */
type Told = "url" | "description" | "topics" | "format" | "payload" | "bundle" | "retry" | "headers";
type Settings = Pick<NewReceiver, Told | "contact" | "ordered">;

interface Collaborators {
  rows: ReceiverRows;
  codec: ReceiverCodec;
  feed: Pick<ChangeFeed, "head">;
  clock: Clock;
}

export class ReceiverKeeper {
  readonly #o: Collaborators;

  constructor(collaborators: Collaborators) {
    this.#o = collaborators;
  }

  /** @param accountId  whose rights decide what it is sent */
  async keep(
    tx: Transaction,
    organisationId: number,
    accountId: string,
    wish: ReceiverWish,
  ): Promise<{ id: string; step?: Step }> {
    const { rows, codec } = this.#o;
    const { settings, ownSecret } = wish;
    const by = server(organisationId);
    const told = { kind: "receiver", name: `${wish.organisation}/${settings.name}` } as const;
    const found = await tx.run(receiversNamed, { organisationId, name: settings.name });
    const row = found.find(({ provisioned }) => provisioned) ?? found[0];
    if (!row) {
      const made = await this.#row(tx, organisationId, accountId, wish);
      await rows.insert(tx, by, made);
      const url = new URL(settings.url).host;
      const changes = differences({}, { url, ...inYaml(settings), enabled: settings.enabled });
      return { id: made.id, step: { ...told, action: "create", changes } };
    }
    const sameHeaders = Bun.deepEquals(row.headers, settings.headers);
    const changes = differences(inYaml(row), inYaml(settings, sameHeaders ? undefined : "others"));
    if (row.url !== settings.url) changes.push({ field: "url", to: new URL(settings.url).host });
    if (row.accountId !== accountId) changes.push({ field: "account" });
    if (!codec.hasAuth(row, settings.auth)) changes.push({ field: "auth" });
    const newSecret = ownSecret && codec.openSecrets(row)[0]?.value !== settings.secret;
    if (newSecret) changes.push({ field: "secret" });
    // What the program has switched off itself (its receiver is gone, or fails for days) is for people to look at.
    const byServer = !row.enabled && row.disabledReason !== null && row.disabledReason !== NO_LONGER_KEPT;
    const turn = row.enabled !== settings.enabled && !(byServer && settings.enabled);
    if (turn) changes.push({ field: "enabled", from: row.enabled, to: settings.enabled });
    const same = row.provisioned && row.secretProvisioned === ownSecret;
    if (same && changes.length === 0) return { id: row.id };
    const { auth, secret } = settings;
    await rows.apply(tx, by, row, "receiver.change", {
      ...columnsOf(settings),
      accountId,
      ...(changes.some(({ field }) => field === "auth") && { auth: codec.sealAuth(row.id, auth) }),
      ...(newSecret && { secret: codec.sealSecrets(row.id, [{ value: secret, until: null }]) }),
      ...(turn && (await rows.switched(tx, row, settings.enabled))),
      ...{ provisioned: true, secretProvisioned: ownSecret },
    });
    return { id: row.id, step: { ...told, action: row.provisioned ? "change" : "keep", changes } };
  }

  /** Those that koppla.yaml keeps no longer are disabled, and anybody's again. */
  async release(tx: Transaction, kept: ReadonlySet<string>): Promise<Step[]> {
    const gone = (await tx.run(keptReceivers, {})).filter(({ id }) => !kept.has(id));
    for (const row of gone) {
      await this.#o.rows.apply(tx, server(row.organisationId), row, "receiver.disable", {
        ...(await this.#o.rows.switched(tx, row, false, NO_LONGER_KEPT)),
        ...{ provisioned: false, secretProvisioned: false },
      });
    }
    return gone.map(({ name }) => ({ kind: "receiver", name, action: "disable", changes: [] }));
  }

  async #row(
    tx: Transaction,
    organisationId: number,
    accountId: string,
    { settings, ownSecret }: ReceiverWish,
  ): Promise<ReceiverRow> {
    const { codec, feed, clock } = this.#o;
    const { account: _, auth, secret, signature, tls, start, ...columns } = settings;
    const id = Bun.randomUUIDv7();
    const at = clock.now();
    return {
      ...columns,
      ...{ id, organisationId, accountId, auth: codec.sealAuth(id, auth) },
      secret: codec.sealSecrets(id, [{ value: secret, until: null }]),
      ...{ signingKey: null, tls: null, ...codec.sealed(id, { signature, tls }) },
      ...{ disabledReason: null, disabledAt: settings.enabled ? null : at, failingSince: null, warned: 0 },
      cursor: start === "now" ? await feed.head(tx, organisationId) : 0,
      ...{ createdAt: at, modifiedAt: at, deletedAt: null },
      ...{ provisioned: true, secretProvisioned: ownSecret },
    };
  }
}

function columnsOf(settings: Settings): Settings {
  const { url, description, topics, format, payload, bundle, retry, headers, contact, ordered } = settings;
  return { url, description, topics, format, payload, bundle, retry, headers, contact, ordered };
}

/** As it is compared and told, but the URL, of which the host alone is told, and the headers: both may be secret. */
function inYaml(settings: Settings, headers?: string): Record<string, unknown> {
  const { url: _, headers: __, ...told } = columnsOf(settings);
  return { ...told, ...(headers !== undefined && { headers }) };
}
