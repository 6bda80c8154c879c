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
import { loadTexts, startI18n } from "./i18n.ts";
import { pageAt } from "./pages/registry.ts";
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

// What is needed in any case is on its way while the rest is read: who is logged in, and the page that is asked for.
void queries.prefetchQuery(sessionQuery);
const asked = pageAt(location.pathname.slice(consoleBase.length).replace(/\/$/, "") || "/");
void asked?.load();
await startI18n();
if (asked) void loadTexts(asked.name, ...(asked.texts ?? []));
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
