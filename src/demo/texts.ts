/** What the demo says about itself, and what it invites to. */
import type { Paint } from "../listen/print.ts";
import { curlLine } from "./client.ts";
import type { University } from "./dataset.ts";
import type { House } from "./house.ts";

/** What the printed curl line creates. It has no id: the server makes one, so the line can be pasted again. */
export const sample: Omit<University, "id"> = {
  name: "University of Koppla",
  country: "SE",
  domains: ["koppla.example"],
  web_page: "https://koppla.example/",
};

export function welcome(house: House, wantedPort: number, paint: Paint): string[] {
  const moved = wantedPort !== 0 && house.port !== wantedPort;
  const lasts = house.stays ? "kept" : "removed at the end";
  return [
    `${paint("bold", "Koppla demo")}  ${paint("dim", "Ctrl-C ends it")}`,
    ...(moved ? [paint("yellow", `Port ${wantedPort} is taken: this is on ${house.port}.`)] : []),
    `  console, once      ${paint("cyan", house.setupUrl)}`,
    `  API documentation  ${paint("cyan", `${house.url}/docs`)}`,
    `  account token      ${paint("cyan", house.client.token)}`,
    `  folder             ${house.folder} (${lasts})`,
    "",
  ];
}

/** What to paste. To be printed when the data is there, so that nothing that it asks for is missing. */
export function invitation({ url, client: { token } }: House, paint: Paint): string[] {
  const create = curlLine({ method: "POST", url: `${url}/api/v1/universities`, token, body: sample });
  const log = curlLine({ method: "GET", url: `${url}/api/v1/deliveries?limit=5`, token });
  return [
    "",
    paint("bold", "Create a university, and see the change arrive below:"),
    `  ${paint("cyan", create)}`,
    paint("bold", "Look at the log of webhooks:"),
    `  ${paint("cyan", log)}`,
    "",
  ];
}

export function farewell({ stays, folder, configFile }: House): string {
  return stays
    ? `Stopped. \`koppla serve -c ${configFile}\` goes on with it.`
    : `Stopped, ${folder} is removed.`;
}
