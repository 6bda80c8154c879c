/** The console, in the browser. */
// Mantine's styles stand before these (library-styles.ts).
import "./main.css";

import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";

import { ApiError } from "./api/errors.ts";
import { App } from "./App.tsx";
import { consoleBase, styleNonce } from "./base.ts";
import { startI18n } from "./i18n.ts";
import { login, pageAt } from "./pages/routes.ts";
import { sessionQuery } from "./session.tsx";
import { Look } from "./Look.tsx";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server has refused it will refuse again.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
});

const place = document.getElementById("root");
if (!place) throw new Error("the page has no place for the console");

// What keeps the page from scrolling under a dialog writes a style element, too, and looks for its nonce here.
Object.assign(globalThis, { __webpack_nonce__: styleNonce });

/** What is asked for may take so long, ms, before something is shown all the same. */
const LONGEST = 1_000;

// Who is logged in is asked while the rest is read, and the page that is wanted is shown at once, not after an empty one.
const session = queries.fetchQuery(sessionQuery).catch(() => null);
await startI18n();
const wanted = pageAt(location.pathname.slice(consoleBase.length).replace(/\/$/, "") || "/") ?? login;
const ready = session.then(async (found) => await (found ? wanted : login).load());
void wanted.load().catch(() => {});
// The browser does not keep a module waiting for styles: what is drawn without them flashes.
const styled = [...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].map(
  (link) =>
    link.sheet ??
    new Promise((done) => {
      for (const event of ["load", "error"]) link.addEventListener(event, done, { once: true });
    }),
);
const late = new Promise((resolve) => setTimeout(resolve, LONGEST));
await Promise.race([Promise.all([ready.catch(() => {}), ...styled]), late]);
createRoot(place).render(
  <StrictMode>
    <Look>
      <QueryClientProvider client={queries}>
        <Router base={consoleBase}>
          <App />
        </Router>
        <Notifications position="bottom-right" />
      </QueryClientProvider>
    </Look>
  </StrictMode>,
);
