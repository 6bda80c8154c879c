/** A soak as a picture: one panel for each thing, one below the other, over the same time. */
import { show } from "../lib/report.ts";
import type { Sample } from "./verdict.ts";

interface Line {
  series: keyof Sample;
  label: string;
  colour: string;
}

export interface Panel {
  title: string;
  unit: string;
  lines: Line[];
}

const BLUE = "#1c6dd0";
const RED = "#c92a2a";

export const PANELS: Panel[] = [
  { title: "Memory", unit: "MB", lines: [{ series: "rss_mb", label: "resident", colour: BLUE }] },
  { title: "Open files", unit: "", lines: [{ series: "files", label: "open files", colour: BLUE }] },
  {
    title: "Write-ahead log",
    unit: "MB",
    lines: [{ series: "wal_mb", label: "koppla.db-wal", colour: BLUE }],
  },
  {
    ...{ title: "A push, until it is on disk and answered", unit: "ms" },
    lines: [
      { series: "push_p50_ms", label: "half of them", colour: BLUE },
      { series: "push_p99_ms", label: "99 %", colour: RED },
    ],
  },
  {
    ...{ title: "Reading a record", unit: "ms" },
    lines: [
      { series: "read_p50_ms", label: "half of them", colour: BLUE },
      { series: "read_p99_ms", label: "99 %", colour: RED },
    ],
  },
  {
    ...{ title: "Changes pushed", unit: "/s" },
    lines: [{ series: "pushes_per_second", label: "changes", colour: BLUE }],
  },
  {
    ...{ title: "The database, of which old deliveries are removed", unit: "MB" },
    lines: [{ series: "database_mb", label: "koppla.db", colour: BLUE }],
  },
];

const WIDTH = 900;
const LEFT = 64;
const RIGHT = 16;
const TOP = 56;
const HEIGHT = 92;
const STEP = HEIGHT + 50;

/** @param about  a line below the title @returns the SVG */
export function soakGraph(samples: readonly Sample[], about: string): string {
  const end = samples.at(-1)?.seconds ?? 1;
  const x = (seconds: number) => LEFT + (seconds / end) * (WIDTH - LEFT - RIGHT);
  const panels = PANELS.map((panel, at) => drawn(panel, samples, x, TOP + 24 + at * STEP));
  const height = TOP + PANELS.length * STEP + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#222">
<title>Koppla under half load</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="26" font-size="18" font-weight="bold">Koppla under half load</text>
<text x="16" y="46" fill="#555">${escaped(about)}</text>
${panels.join("\n")}
</svg>
`;
}

function drawn(
  { title, unit, lines }: Panel,
  samples: readonly Sample[],
  x: (seconds: number) => number,
  top: number,
): string {
  const highest = Math.max(...samples.flatMap((sample) => lines.map(({ series }) => sample[series])));
  const most = roundUp(Number.isFinite(highest) ? highest : 1);
  const y = (value: number) => top + HEIGHT - (value / most) * HEIGHT;
  const end = samples.at(-1)?.seconds ?? 1;
  const band = (from: number, to: number) =>
    `<rect x="${n(x(from))}" y="${top}" width="${n(x(to) - x(from))}" height="${HEIGHT}" fill="#e9ecef"/>`;
  const parts = [
    `<text x="${LEFT}" y="${top - 8}" font-weight="bold">${escaped(title)}${unit && ` (${unit})`}</text>`,
    // The thirds that are held against each other.
    ...[band(0, end / 3), band((end * 2) / 3, end)],
    ...[0, most / 2, most].map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(value))}" y2="${n(y(value))}" stroke="#ced4da"/>` +
        `<text x="${LEFT - 8}" y="${n(y(value) + 4)}" text-anchor="end" fill="#555">${show(value)}</text>`,
    ),
    ...[0, end / 3, (end * 2) / 3, end].map(
      (seconds) =>
        `<text x="${n(x(seconds))}" y="${top + HEIGHT + 16}" text-anchor="middle" fill="#555">${clockOf(seconds)}</text>`,
    ),
    ...lines.map(({ series, colour }) => {
      const points = samples.map((sample) => `${n(x(sample.seconds))},${n(y(sample[series]))}`);
      return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.join(" ")}"/>`;
    }),
    ...lines.map(
      ({ label, colour }, at) =>
        `<text x="${WIDTH - RIGHT - (lines.length - 1 - at) * 100}" y="${top - 8}" text-anchor="end" fill="${colour}">${escaped(label)}</text>`,
    ),
  ];
  return `<g>${parts.join("\n")}</g>`;
}

/** To 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => step * power >= value * (1 - 1e-9)) ?? 10);
}

const n = (value: number) => value.toFixed(1);
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
