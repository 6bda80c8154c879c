import type { Command } from "commander";

import { type Author, shell } from "../audit/entry.ts";
import { openSender } from "../deliveries/pipeline.ts";
import { MAX_LIMIT } from "../http/query.ts";
import { createLogger } from "../log.ts";
import type { ReceiverService, ShownReceiver } from "../receivers/service.ts";
import { configOption, exitCodes, jsonOption, note, out, outJson } from "./output.ts";
import { receiverBody, type ReceiverOptions, receiverOptions } from "./receiver-options.ts";
import { withServices } from "./services.ts";

interface CreateOptions extends ReceiverOptions {
  config?: string;
  org: string;
  json?: boolean;
}

interface ListOptions {
  config?: string;
  org: string;
  deleted?: boolean;
  json?: boolean;
}

/** Of every command about one receiver. */
interface OneReceiver {
  config?: string;
  json?: boolean;
}

interface RotateOptions extends OneReceiver {
  overlap?: string;
  secret?: string;
  signingKey?: boolean;
}

/** `koppla receiver ...` */
export function register(program: Command): void {
  const receiver = program.command("receiver").description("where webhooks go");
  const ofOrganisation = (name: string) =>
    jsonOption(configOption(receiver.command(name))).requiredOption(
      "--org <code>",
      "the organisation's code",
    );
  const ofReceiver = (name: string) =>
    jsonOption(configOption(receiver.command(name))).argument("<id>", "its id");

  receiverOptions(ofOrganisation("create"))
    .description("make a receiver; its signing secret is shown this once")
    .action(create);

  ofOrganisation("list")
    .description("list an organisation's receivers")
    .option("--deleted", "those that were removed, too")
    .action(list);

  ofReceiver("show")
    .description("show a receiver, also one that was removed")
    .action(async (id: string, options: OneReceiver) => {
      outJson(
        await withReceiver(options, id, (receivers, by) =>
          receivers.get(by.organisationId, id, { deleted: true }),
        ),
      );
    });

  for (const name of ["enable", "disable"] as const) {
    ofReceiver(name)
      .description(name === "enable" ? "send to it again" : "send nothing to it until it is enabled")
      .action(async (id: string, options: OneReceiver) => {
        const shown = await withReceiver(options, id, (receivers, by) => receivers[name](by, id));
        if (options.json) outJson(shown);
        else out(line(shown));
      });
  }

  ofReceiver("test")
    .description("send it a test, on the path of all deliveries, and tell what comes of it")
    .action(test);

  ofReceiver("rotate-secret")
    .description("give it a new secret, which is shown this once")
    .option("--overlap <duration>", "how long the one before goes on signing, 0s to 7d (default: 24h)")
    .option("--secret <secret>", "the new one, whsec_...; without it, one is made")
    .option("--signing-key", "a new ed25519 key, too")
    .action(rotate);

  ofReceiver("delete")
    .description("send nothing to it any more; what was sent stays in the log")
    .action(async (id: string, options: OneReceiver) => {
      await withReceiver(options, id, (receivers, by) => receivers.remove(by, id));
      if (options.json) outJson({ id });
      else out(`Removed the receiver ${id}.`);
    });
}

/** Runs `work` as whoever may run the program on the server's data. @throws Problem `not_found` */
function withReceiver<R>(
  options: OneReceiver,
  id: string,
  work: (receivers: ReceiverService, by: Author) => Promise<R>,
): Promise<R> {
  return withServices(options, async ({ receivers }) =>
    work(receivers, shell(await receivers.organisationOf(id))),
  );
}

async function create(options: CreateOptions): Promise<void> {
  const body = await receiverBody(options);
  const made = await withServices(options, async ({ organisations, receivers }) => {
    const organisation = await organisations.byCode(options.org);
    return await receivers.create(shell(organisation.id), body);
  });
  if (options.json) {
    outJson(made);
    return;
  }
  out(`id      ${made.id}\nsecret  ${made.secret}`);
  note("The secret is shown this once; it is stored encrypted.");
}

async function test(id: string, options: OneReceiver): Promise<void> {
  const tested = await withServices(options, async (services) => {
    const { config, organisations, receivers } = services;
    const { publicUrl } = config.server;
    const { id: organisationId, code } = await organisations.byId(await receivers.organisationOf(id));
    const sender = openSender({ services, publicUrl, log: createLogger({ ...config.log, level: "error" }) });
    receivers.delivering.bind({ ...sender, health: async () => undefined });
    try {
      return await receivers.test(shell(organisationId), id, { publicUrl, organisation: code });
    } finally {
      await sender.stop(config.webhooks.timeout);
    }
  });
  if (options.json) outJson(tested);
  else {
    const { status, status_code, error, detail, duration_ms } = tested;
    const why = [error, status_code, detail].filter((part) => part !== null).join(", ");
    out(status === "delivered" ? `delivered  ${status_code}, ${duration_ms} ms` : `${status}  ${why}`);
  }
  if (tested.status !== "delivered") process.exitCode = exitCodes.failed;
}

async function rotate(id: string, options: RotateOptions): Promise<void> {
  const { overlap, secret, signingKey } = options;
  const body = {
    ...(overlap !== undefined && { overlap }),
    ...(secret !== undefined && { secret }),
    ...(signingKey && { signing_key: true }),
  };
  const rotated = await withReceiver(options, id, (receivers, by) => receivers.rotateSecret(by, id, body));
  if (options.json) {
    outJson(rotated);
    return;
  }
  out(`secret  ${rotated.secret}`);
  const until = rotated.previous_until;
  note(
    `It is shown this once. The one before ${until === null ? "has ended" : `signs, too, until ${until}`}.`,
  );
}

async function list(options: ListOptions): Promise<void> {
  const items = await withServices(options, async ({ organisations, receivers }) => {
    const organisation = await organisations.byCode(options.org);
    const all = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await receivers.list(organisation.id, {
        limit: MAX_LIMIT,
        deleted: options.deleted === true,
        ...(cursor !== undefined && { cursor }),
      });
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  });
  if (options.json) {
    outJson(items);
    return;
  }
  for (const item of items) out(line(item));
}

function line({ id, name, url, enabled, deleted_at }: ShownReceiver): string {
  return [id, deleted_at !== undefined ? "removed" : enabled ? "enabled" : "disabled", url, name].join("\t");
}
