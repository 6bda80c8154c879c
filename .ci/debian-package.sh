#!/usr/bin/env bash
# Proves the Debian package: `debian-package.sh FIRST.deb SECOND.deb`, two versions of it.
#
# In the bare Debian of debian-root.sh (which must have made it), on a layer of its own that is thrown away: installs
# the package, runs the server as its user with the unit's restrictions as far as they go without systemd, uses it,
# upgrades, removes, installs again, purges. The network is a loopback of its own, so the server can have port 80.
# Needs root. Ends with 0, with 77 where it cannot be run, with 1 when something is not as it should be.
set -euo pipefail

cached=${TMPDIR:-/tmp}/koppla-debian-bookworm

cannot() {
  echo "debian-package: cannot be run here: $1"
  exit 77
}
wrong() {
  echo "debian-package: $1" >&2
  exit 1
}

outside() {
  [ "$(id -u)" -eq 0 ] || cannot "it needs root for chroot and mounts"
  unshare --mount --pid --net --fork true 2>/dev/null || cannot "namespaces are not allowed"
  [ -d "$cached" ] && [ "$(stat -c %u "$cached")" = 0 ] || cannot "there is no bare Debian in $cached"
  # Everything that is mounted or started inside ends with the namespaces.
  unshare --mount --pid --net --fork --kill-child bash "${BASH_SOURCE[0]}" --inside "$(realpath "$1")" "$(realpath "$2")"
}

inside() {
  local first=$1 second=$2 token server
  mount --make-rprivate /
  ip link set lo up || cannot "the loopback cannot be brought up"
  work=$(mktemp -d)
  trap 'umount --recursive --lazy "$work" || true; rmdir "$work" || true' EXIT
  mount -t tmpfs -o mode=755 tmpfs "$work"
  mkdir "$work"/{upper,work,root}
  root=$work/root
  mount -t overlay overlay -o "lowerdir=$cached,upperdir=$work/upper,workdir=$work/work" "$root" || cannot "no overlayfs"
  mount -t proc proc "$root/proc"
  for device in null zero random urandom; do
    [ -e "$root/dev/$device" ] || touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  # That mount point is of the other test.
  rm -f "$root/usr/local/bin/koppla"

  in_root dpkg -i "$(copied "$first")" >"$work/install" 2>&1 || wrong "dpkg -i failed: $(cat "$work/install")"
  grep -q 'koppla user link' "$work/install" || wrong "the next step is not named: $(cat "$work/install")"
  expect "700 koppla koppla" /var/lib/koppla
  expect "640 root koppla" /etc/koppla/koppla.yaml
  for file in lib/systemd/system/koppla.service share/man/man1/koppla.1.gz share/bash-completion/completions/koppla; do
    [ -s "$root/usr/$file" ] || wrong "there is no /usr/$file"
  done
  in_root koppla check -c /etc/koppla/koppla.yaml >/dev/null || wrong "check refuses the package's configuration"

  # A sysadmin's change, that an upgrade must leave as it is.
  sed -i 's/KOPPLA_LISTEN:-127.0.0.1:8080/KOPPLA_LISTEN:-127.0.0.1:80/' "$root/etc/koppla/koppla.yaml"
  start
  command_ organisation create --code demo --name Demo >/dev/null || wrong "organisation create failed"
  token=$(command_ account create --org demo --name Proof --grant '*:*' --json | json token) || wrong "no account"
  call PUT /api/v1/trainings/1 '{"name":"Svetsning"}' | grep -q '"version":1' || wrong "the push was not answered well"
  restricted "$reload" >/dev/null || wrong "reload failed: $(cat "$work/log")"
  command_ backup /var/lib/koppla/ >/dev/null 2>&1 || wrong "backup failed"

  in_root dpkg -i "$(copied "$second")" >"$work/upgrade" 2>&1 || wrong "the upgrade failed: $(cat "$work/upgrade")"
  call GET /api/v1/trainings/1 | grep -q Svetsning || wrong "the old server does not serve while the new one is installed"
  stop
  start
  call GET /api/v1/trainings/1 | grep -q Svetsning || wrong "the record is gone after the upgrade"
  grep -q '127.0.0.1:80}' "$root/etc/koppla/koppla.yaml" || wrong "the upgrade took the changed configuration away"
  stop

  in_root dpkg -r koppla >"$work/remove" 2>&1 || wrong "dpkg -r failed: $(cat "$work/remove")"
  [ ! -e "$root/usr/bin/koppla" ] || wrong "remove left the executable"
  [ -s "$root/var/lib/koppla/koppla.db" ] && [ -s "$root/var/lib/koppla/koppla.key" ] || wrong "remove took data away"
  grep -q 'stay in /var/lib/koppla' "$work/remove" || wrong "remove does not say what stays: $(cat "$work/remove")"

  in_root dpkg -i "$(copied "$second")" >/dev/null 2>&1 || wrong "it cannot be installed again"
  start
  call GET /api/v1/trainings/1 | grep -q Svetsning || wrong "the record is gone after the package came back"
  stop

  in_root dpkg --purge koppla >"$work/purge" 2>&1 || wrong "dpkg --purge failed: $(cat "$work/purge")"
  for name in /var/lib/koppla/koppla.db /var/lib/koppla/koppla.key 'user koppla'; do
    grep -q "$name" "$work/purge" || wrong "purge does not say that it removes $name: $(cat "$work/purge")"
  done
  for path in var/lib/koppla etc/koppla usr/bin/koppla usr/share/doc/koppla; do
    [ ! -e "$root/$path" ] || wrong "purge left /$path"
  done
  in_root getent passwd koppla >/dev/null && wrong "purge left the user"
  echo "debian-package: install, serve with the unit's restrictions on port 80, push, reload, back up, upgrade, remove, install again and purge work in a bare Debian"
}

in_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
copied() { cp "$1" "$root/tmp/koppla.deb" && echo /tmp/koppla.deb; }
expect() { [ "$(in_root stat -c '%a %U %G' "$2")" = "$1" ] || wrong "$2 is $(in_root stat -c '%a %U %G' "$2"), not $1"; }
command_() { as_koppla koppla "$@" -c /etc/koppla/koppla.yaml; }
as_koppla() { in_root setpriv --reuid=koppla --regid=koppla --clear-groups "$@"; }
json() { node -p "JSON.parse(require('fs').readFileSync(0))['$1']"; }
call() {
  node -e '
    const [method, path, token, body] = process.argv.slice(1);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(10_000);
    fetch(`http://127.0.0.1:80${path}`, { method, headers, signal, ...(body && { body }) })
      .then(async (answer) => console.log(answer.status, await answer.text()));' "$1" "$2" "$token" "${3:-}"
}

of_unit() { sed -n "s/^$1=//p" "$root/usr/lib/systemd/system/koppla.service"; }

# The unit's own restrictions: user, capabilities, no new privileges, everything read-only but for the state folder,
# a /tmp of its own, no devices, processes of others hidden, its umask and limits. Filters of system calls need systemd.
restricted() {
  local capability
  capability=$(of_unit CapabilityBoundingSet | sed 's/CAP_//' | tr '[:upper:]' '[:lower:]')
  [ "$(of_unit ProtectSystem)" = strict ] && [ "$(of_unit NoNewPrivileges)" = true ] || wrong "the unit is not hardened"
  unshare --mount bash -euc '
    root=$1 state=$2 capability=$3 user=$4 group=$5 umask=$6 files=$7
    mount --bind "$root" "$root"
    mount --bind "$root$state" "$root$state"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t proc -o hidepid=invisible,subset=pid proc "$root/proc" 2>/dev/null || mount -t proc proc "$root/proc"
    mount -o remount,bind,ro "$root"
    umask "$umask"
    ulimit -n "$files" 2>/dev/null || true # more than a container may give
    exec chroot "$root" /usr/bin/env -i setpriv --reuid="$user" --regid="$group" --init-groups --no-new-privs \
      --bounding-set="-all,+$capability" --inh-caps="-all,+$capability" --ambient-caps="-all,+$capability" $8' \
    restricted "$root" "/var/lib/$(of_unit StateDirectory)" "$capability" "$(of_unit User)" "$(of_unit Group)" \
    "$(of_unit UMask)" "$(of_unit LimitNOFILE)" "$1"
}

start() {
  reload=$(of_unit ExecReload)
  (restricted "$(of_unit ExecStart)") >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 150); do
    command_ health >/dev/null 2>&1 && return
    kill -0 "$server" 2>/dev/null || wrong "serve ended: $(cat "$work/log")"
    sleep 0.1
  done
  wrong "not healthy after 15 s: $(cat "$work/log")"
}

# As systemd does: SIGTERM to the server itself, whose id the control socket tells.
stop() {
  kill -TERM "$(command_ doctor --json | node -p '
    JSON.parse(require("fs").readFileSync(0)).items.map(({ message }) => /process (\d+)/.exec(message)?.[1]).find(Boolean)')"
  wait "$server" || wrong "serve ended with exit code $? on SIGTERM: $(cat "$work/log")"
}

if [ "${1:-}" = --inside ]; then inside "$2" "$3"; else outside "$1" "$2"; fi
