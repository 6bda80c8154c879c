import { expect, test } from "bun:test";

import { unitText } from "./unit.ts";

const places = {
  binary: "/usr/bin/koppla",
  config: "/etc/koppla/koppla.yaml",
  user: "koppla",
  group: "koppla",
};
const lines = (more: Partial<Parameters<typeof unitText>[0]> = {}) =>
  unitText({ ...places, folders: ["/var/lib/koppla"], ...more }).split("\n");

test("no place is left open, and what systemd is asked for stands there", () => {
  const unit = lines();
  expect(unit.filter((line) => /@(?!system-service$)/.test(line))).toEqual([]);
  for (const line of [
    "Type=notify",
    "WatchdogSec=60",
    "ExecStart=/usr/bin/koppla serve -c /etc/koppla/koppla.yaml",
    "ExecReload=/usr/bin/koppla reload -c /etc/koppla/koppla.yaml",
    "RestartPreventExitStatus=78",
    "ProtectSystem=strict",
    "StateDirectory=koppla",
    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
    "SystemCallFilter=@system-service",
    "ProtectHome=true",
  ])
    expect(unit).toContain(line);
  expect(unit.some((line) => line.startsWith("MemoryDenyWriteExecute"))).toBe(false);
});

test("folders outside of the state folder can be written to, credentials are none of them", () => {
  expect(lines().some((line) => line.startsWith("ReadWritePaths"))).toBe(false);
  const folders = [
    "/var/lib/koppla/data",
    "/srv/koppla/data",
    "/run/credentials/koppla.service",
    "/srv/my backups",
  ];
  expect(lines({ folders })).toContain('ReadWritePaths=/srv/koppla/data "/srv/my backups"');
});

test("a home is visible only where something of it is needed", () => {
  expect(lines({ config: "/home/anna/koppla.yaml" })).toContain("ProtectHome=read-only");
});

test("a percent sign in a path begins no specifier", () => {
  expect(lines({ config: "/srv/50%/koppla.yaml" })).toContain(
    "ExecStart=/usr/bin/koppla serve -c /srv/50%%/koppla.yaml",
  );
});
