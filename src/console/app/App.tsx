/** What is shown: the login, or the page of the address within its frame. */
import { Button } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Route, Switch, useLocation } from "wouter";

import { onSessionEnd } from "./api/client.ts";
import { loadTexts } from "./i18n.ts";
import { useOrganisation } from "./organisation.ts";
import { Crash } from "./parts/Crash.tsx";
import { PageFrame } from "./parts/PageFrame.tsx";
import { Empty, Failure, Loading } from "./parts/states.tsx";
import { login, Profile, routes, type ShownPage } from "./pages/routes.ts";
import { type Session, SessionProvider, useSession, useSessionQuery } from "./session.tsx";
import { Shell } from "./shell/Shell.tsx";

/** When the page that one came for has had its time, ms, the others are fetched, one at a time. */
const OTHERS_AFTER = 2_000;

/** The code of pages that one may go to is there when one goes. @returns what ends it */
function fetchOthers(others: readonly ShownPage[]): () => void {
  let timer = setTimeout(function next(index = 0): void {
    const page = others[index];
    if (!page) return;
    const after = () => (timer = setTimeout(next, 100, index + 1));
    page.load().then(after, () => {});
  }, OTHERS_AFTER);
  return () => clearTimeout(timer);
}

/** Where one comes with a token and no session. */
const OPEN = ["/setup", "/portal"];

export function App() {
  const query = useSessionQuery();
  const [path] = useLocation();
  if (query.isPending) return null;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const session = query.data;
  if (!session || OPEN.includes(path)) {
    return (
      <Suspense fallback={<Loading />}>
        <login.Component />
      </Suspense>
    );
  }
  return (
    <SessionProvider session={session}>
      <Inside session={session} />
    </SessionProvider>
  );
}

function Inside({ session }: { session: Session }) {
  const [path] = useLocation();
  const access = useSession();
  const { code } = useOrganisation(session);
  const visible = routes.filter((route) => route.visible(access));
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    onSessionEnd(() => setEnded(true));
    return () => onSessionEnd(() => {});
  }, []);
  const names = visible.map(({ name }) => name).join();
  useEffect(() => fetchOthers(routes.filter(({ name }) => names.split(",").includes(name))), [names]);
  return (
    <Shell>
      <Crash key={path}>
        <Suspense fallback={<Loading />}>
          {/* Another organisation is another set of pages: nothing of the last one stays on the screen. */}
          <Switch key={code}>
            {visible.map(({ name, path: to, Component }) => (
              <Route key={name} path={to === "/" ? "/" : `${to}/*?`} component={Component} />
            ))}
            {session.user && <Route path="/profile" component={Profile} />}
            <Route>
              <Nowhere first={visible[0]?.path} here={path} />
            </Route>
          </Switch>
        </Suspense>
      </Crash>
      {ended && (
        <Suspense>
          <Again done={() => setEnded(false)} />
        </Suspense>
      )}
    </Shell>
  );
}

const Again = lazy(async () => {
  const [page] = await Promise.all([import("./pages/login/Again.tsx"), loadTexts("login")]);
  return page;
});

function Nowhere({ first, here }: { first: string | undefined; here: string }) {
  const { t } = useTranslation("common");
  const [, navigate] = useLocation();
  const elsewhere = here === "/" && first !== undefined && first !== "/" ? first : undefined;
  useEffect(() => {
    if (elsewhere !== undefined) navigate(elsewhere, { replace: true });
  }, [elsewhere, navigate]);
  if (elsewhere !== undefined) return null;
  return (
    <PageFrame title={t("notFound.title")}>
      <Empty
        title={t("notFound.title")}
        text={t("notFound.text")}
        action={
          first !== undefined && (
            <Button component={Link} href={first} variant="default">
              {t("notFound.home")}
            </Button>
          )
        }
      />
    </PageFrame>
  );
}
