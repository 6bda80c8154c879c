/** What the kit can do, against a running server. Prints what came of it, as JSON: the same as exercise.py. */
import {
  Conflict,
  DryRunIgnored,
  Invalid,
  InvalidWebhook,
  Koppla,
  LoginError,
  NotFound,
  PreconditionFailed,
  StillRunning,
  Unauthorized,
  Unreachable,
  verifyWebhook,
} from "koppla";

const { KOPPLA_URL: url, PROXY: proxy, GIVEN, HOOK } = process.env;
const given = JSON.parse(GIVEN);
const told = {};

async function thrown(kind, what) {
  try {
    await what();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`no ${kind.name}`);
}

async function list(items, show = (item) => item.id) {
  const found = [];
  for await (const item of items) found.push(show(item));
  return found;
}

/** What the proxy does to the next request that matches. */
const fault = (what) => fetch(`${proxy}/fault`, { method: "POST", body: JSON.stringify(what) });
const status = (one) => one.status;

const koppla = new Koppla({ url, token: given.token, clientId: given.client_id, totpSecret: given.secret });
told.me = (await koppla.me()).subject.kind;

// Records
const trainings = koppla.records("trainings");
told.pushed = (await trainings.push([1, 2, 3, 4, 5].map((id) => ({ id, name: `N${id}` })))).map(status);
const two = [
  { id: 1, name: "N1" },
  { id: 2, name: "X" },
];
told.again = await list(trainings.pushAll(two, { size: 1 }), status);
told.all = await list(trainings.all({ pageSize: 2, sort: "-id" }));
const first = await trainings.page({ limit: 2 });
const second = await trainings.page({ limit: 5, cursor: first.next_cursor });
told.page = [await list(first.items), second.items.length];
told.created = (await trainings.create({ id: 9, name: "Ny", city: "Umeå" }))._meta.version;
told.filtered = await list(trainings.all({ filter: { city: "Umeå" } }));
const ifMatch = await trainings.etag(9);
told.patched = (await trainings.patch(9, { city: null, name: "Nyare" }, { ifMatch })).name;
told.stale = (await thrown(PreconditionFailed, () => trainings.put(9, { name: "Sen" }, { ifMatch }))).code;
told.put = (await trainings.put(9, { name: "Satt" })).name;
told.got = (await trainings.get(9)).name;
await trainings.remove(9);
told.gone = (await thrown(NotFound, () => trainings.get(9))).code;
told.later = await list(trainings.all({ modifiedSince: "2100-06-01T12:27:19.000+0200" }));
told.skipped = (await trainings.push([{ id: 10, name: "A" }, { id: 11 }], { onError: "skip" })).map(status);

// What is wrong
const invalid = await thrown(Invalid, () => trainings.push([{ id: 10, name: "B" }, { id: 11 }]));
told.invalid = [invalid.status, invalid.violations, Boolean(invalid.requestId)];
told.conflict = (await thrown(Conflict, () => trainings.create({ id: 1, name: "Igen" }))).status;
told.unauthorized = (await thrown(Unauthorized, () => new Koppla({ url, token: "koppla_no" }).me())).status;
told.login = (
  await thrown(LoginError, () => new Koppla({ url, token: "no", clientId: "acc_no" }).me())
).error;
const nobody = new Koppla({ url: "http://127.0.0.1:9", token: "x", tries: 1 });
told.nobody = (await thrown(Unreachable, () => nobody.me())).name;

// The answer is lost: it is sent again with its key, and done once.
await fault({ method: "POST", path: "/api/v1/trainings", kind: "lost" });
told.once = (await trainings.create({ id: 20, name: "En gång" })).id;
await fault({ method: "DELETE", path: "/api/v1/trainings/20", kind: "lost" });
await trainings.remove(20);
await fault({ method: "GET", path: "/api/v1/me", kind: "busy" });
told.waited = (await koppla.me()).subject.kind;

// Dry run
const dry = koppla.dry();
await fault({ method: "PUT", path: "/api/v1/trainings/30", kind: "dry" });
told.dry = (await dry.records("trainings").put(30, { name: "Torr" })).name;
await fault({ method: "PUT", path: "/api/v1/trainings/31", kind: "old" });
const ignored = await thrown(DryRunIgnored, () => dry.records("trainings").put(31, { name: "Våt" }));
told.ignored = ignored instanceof Error;
told.read = (await dry.records("trainings").get(1)).id;

// Operations
told.ran = (await (await koppla.run("resize", { sizing: "M" })).wait({ timeout: 30_000 })).status;
told.unfit = (await thrown(Invalid, () => koppla.run("resize", {}))).status;
const seen = [];
const started = await koppla.recover(given.receiver, { since: "2020-01-01T00:00:00.000+0200" });
const operation = await started.wait({ progress: (state) => seen.push(state.status) });
told.recovered = [operation.status, operation.state.kind];
told.progress = [seen[0], seen.at(-1)];
const again = await (await koppla.operation(operation.id)).wait({ timeout: 5000 });
told.taken_up = JSON.stringify(again.result) === JSON.stringify(operation.result);
const listed = await list(koppla.operations({ kind: "receivers.recover" }));
told.listed = listed.length === 1 && listed[0] === operation.id;
told.cancel = (await thrown(Conflict, () => operation.cancel())).status;
await fault({ method: "GET", path: `/api/v1/operations/${operation.id}`, kind: "running" });
const endless = await koppla.operation(operation.id);
told.running = (await thrown(StillRunning, () => endless.wait({ timeout: 0 }))).name;

// Changes
const changes = koppla.changes({ topics: ["Trainings.*"], follow: false, pageSize: 3 });
told.changes = await list(changes, ({ action, id }) => [action, id]);
const news = koppla.changes({ since: changes.cursor, topics: ["Trainings.*"] });
setTimeout(() => void trainings.put(40, { name: "Nyhet" }), 200);
for await (const change of news) {
  told.news = change.id;
  break;
}
told.since = await list(koppla.changes({ since: news.cursor, topics: ["Trainings.*"], follow: false }));

// Webhooks
const hook = JSON.parse(HOOK);
told.verified = await verifyWebhook([given.other_secret, given.hook_secret], hook.headers, hook.body);
for (const [name, body, headers, more] of [
  ["forged", `${hook.body} `, hook.headers, {}],
  ["unsigned", hook.body, {}, {}],
  ["old", hook.body, hook.headers, { tolerance: -1 }],
  ["foreign", hook.body, { ...hook.headers, "webhook-signature": "v1,AAAA v1a,AAAA" }, {}],
]) {
  const refused = () => verifyWebhook(given.hook_secret, headers, body, more);
  told[name] = (await thrown(InvalidWebhook, refused)).message;
}

// An access token that ends after a second, renewed by itself.
const { token, client_id: clientId } = given.short;
const short = new Koppla({ url, token, clientId });
await short.me();
await new Promise((resolve) => setTimeout(resolve, 1100));
await short.me();
told.renewed = await (await fetch(`${url}/grants`)).text();

console.log(JSON.stringify(told));
