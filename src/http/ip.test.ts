import { expect, test } from "bun:test";
import { isIP as known } from "node:net";

import { isIP } from "./ip.ts";

const TEXTS = [
  ...[
    "",
    "0.0.0.0",
    "255.255.255.255",
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4\n",
  ],
  ...[
    "::",
    "::1",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7",
    "::ffff:1.2.3.4",
    ":",
    "a:b",
    "localhost",
  ],
  ...["1.2.3.-4", "1..2.3", "0x1.2.3.4", "１.2.3.4"],
];

test("an address is what node:net says that it is", () => {
  for (const text of TEXTS) expect([text, isIP(text)]).toEqual([text, known(text)]);
});
