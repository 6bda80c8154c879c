#!/usr/bin/env bash
# Proves that the executable needs nothing but a bare Debian: `debian-root.sh [dist/koppla]`.
#
# Makes a Debian (debootstrap --variant=minbase, nothing added), mounts it read-only but for /data, and works in it
# as a user without name, home and environment: init, check, serve, health, organisation, account, push, get, stop.
# Needs root. Ends with 0, with 77 where it cannot be run, with 1 when something is not as it should be.
# The Debian is kept in a folder of its own under TMPDIR and taken again by the next run.
set -euo pipefail

suite=bookworm
user=10001
cached=${TMPDIR:-/tmp}/koppla-debian-$suite

cannot() {
  echo "debian-root: cannot be run here: $1"
  exit 77
}
wrong() {
  echo "debian-root: $1" >&2
  exit 1
}

outside() {
  local binary=$1
  [ -x "$binary" ] || wrong "there is no executable $binary (npm run build)"
  [ "$(id -u)" -eq 0 ] || cannot "it needs root for chroot and mounts"
  unshare --mount --pid --fork true 2>/dev/null || cannot "mount namespaces are not allowed"
  make_debian
  # Everything that is mounted or started inside ends with the namespaces.
  unshare --mount --pid --fork --kill-child bash "${BASH_SOURCE[0]}" --inside "$(realpath "$binary")"
}

make_debian() {
  # A folder that another user could have prepared is not used.
  if [ -d "$cached" ] && [ "$(stat -c %u "$cached")" = 0 ]; then return; fi
  command -v debootstrap >/dev/null || cannot "debootstrap is not installed"
  local part mirror
  part=$(mktemp -d "$cached.XXXXXX")
  # The mirror that this machine's apt uses, where it is a Debian; else debootstrap's own.
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 2>/dev/null |
    awk -v suite="$suite" '$2 == suite { print $1; exit }') || true
  echo "debian-root: making a bare Debian in $cached (once)"
  if ! debootstrap --variant=minbase "$suite" "$part" ${mirror:+"$mirror"} >"$part.log" 2>&1; then
    tail -5 "$part.log"
    rm -rf "$part" "$part.log"
    cannot "debootstrap failed"
  fi
  rm -f "$part.log"
  mkdir "$part/data"
  touch "$part/usr/local/bin/koppla"
  chmod 755 "$part"
  rm -rf "$cached"
  mv "$part" "$cached"
}

inside() {
  local binary=$1
  root=$cached
  data=$(mktemp -d)
  trap 'rm -rf "$data"' EXIT
  chown "$user:$user" "$data"
  chmod 700 "$data"

  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount --bind "$binary" "$root/usr/local/bin/koppla"
  mount -o remount,bind,ro "$root/usr/local/bin/koppla"
  mount --bind "$data" "$root/data"
  mount -t proc -o ro proc "$root/proc"
  for device in null zero random urandom; do
    [ -e "$root/dev/$device" ] || touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mount -o remount,bind,ro "$root"
  if touch "$root/tmp/probe" "$root/var/tmp/probe" "$root/probe" 2>/dev/null; then wrong "the root is not read-only"; fi
  as_user touch /data/probe || wrong "/data is not writable"
  as_user rm /data/probe

  port=$(free_port)
  local c=(-c /data/koppla.yaml) made token server

  koppla serve "${c[@]}" >"$data/first.log" 2>&1 && wrong "serve without a configuration did not fail"
  grep -q 'koppla init' "$data/first.log" || wrong "serve without a configuration does not name the next step: $(cat "$data/first.log")"
  koppla init /data >/dev/null || wrong "init failed"
  koppla check "${c[@]}" >/dev/null || wrong "check refuses what init wrote"
  koppla health "${c[@]}" >/dev/null 2>&1 && wrong "health is content with no server"

  sample >"$data/koppla.yaml"
  as_user_in_background "$data/server.log"
  server=$!
  for _ in $(seq 100); do
    koppla health "${c[@]}" >/dev/null 2>&1 && break
    kill -0 "$server" 2>/dev/null || wrong "serve ended: $(cat "$data/server.log")"
    sleep 0.1
  done
  koppla health "${c[@]}" || wrong "not healthy after 10 s: $(cat "$data/server.log")"

  koppla organisation create "${c[@]}" --code demo --name Demo --json >/dev/null || wrong "organisation create failed"
  made=$(koppla account create "${c[@]}" --org demo --name Proof --grant '*:*' --json) || wrong "account create failed"
  token=$(node -p 'JSON.parse(process.argv[1]).token' "$made")
  client "http://127.0.0.1:$port" "$token" || wrong "the API did not answer as it should: $(cat "$data/server.log")"

  kill -TERM "$server"
  wait "$server" || wrong "serve ended with exit code $? on SIGTERM: $(cat "$data/server.log")"
  [ "$(find "$data" ! -user "$user" | grep -vc '\.log$\|koppla.yaml$')" = 0 ] || wrong "files of another user in /data"
  echo "debian-root: init, check, serve, health, organisation, account, push, read and stop work in a bare Debian $suite ($(cat "$root/etc/debian_version")), read-only but for /data, as uid $user"
}

as_user() { chroot --userspec="$user:$user" "$root" /usr/bin/env -i "$@"; }
koppla() { as_user /usr/local/bin/koppla "$@"; }
# Replaces the subshell, so that $! is the server itself.
as_user_in_background() {
  (exec chroot --userspec="$user:$user" "$root" /usr/bin/env -i /usr/local/bin/koppla serve -c /data/koppla.yaml) >"$1" 2>&1 &
}

free_port() {
  node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

sample() {
  cat <<YAML
server: { listen: "127.0.0.1:$port" }
database: { url: "sqlite:./data/koppla.db" }
secrets: { key_file: ./data/koppla.key }
types:
  trainings:
    object: training
    key: integer
    schema: { type: object, properties: { name: { type: string } }, required: [name] }
YAML
}

# Pushes a record, reads it back, sees its change, and is refused with a wrong token.
client() {
  node --input-type=module - "$@" <<'JS'
import assert from "node:assert/strict";
const [url, token] = process.argv.slice(2);
const call = (path, init = {}, bearer = token) =>
  fetch(url + path, {
    ...init,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(10_000),
  });
const put = await call("/api/v1/trainings/1", { method: "PUT", body: '{"name":"Svetsning"}' });
assert.equal(put.status, 201, await put.text());
const got = await (await call("/api/v1/trainings/1")).json();
assert.equal(got.name, "Svetsning");
const { items } = await (await call("/api/v1/changes")).json();
assert.deepEqual(items.map(({ topic, id }) => [topic, id]), [["Trainings.Update", 1]]);
assert.equal((await call("/api/v1/trainings/1", {}, "wrong")).status, 401);
assert.equal((await call("/docs")).status, 200);
JS
}

if [ "${1:-}" = --inside ]; then inside "$2"; else outside "${1:-dist/koppla}"; fi
