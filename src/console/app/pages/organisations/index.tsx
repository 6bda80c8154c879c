/** The tenants: one's own, and for superadministrators all of them. */
import { Route, Switch } from "wouter";

import { NewOrganisation } from "./NewOrganisation.tsx";
import { OrganisationList } from "./OrganisationList.tsx";
import { OrganisationPage } from "./OrganisationPage.tsx";

export default function OrganisationsPage() {
  return (
    <Switch>
      <Route path="/organisations/new" component={NewOrganisation} />
      <Route path="/organisations/:code">{({ code }) => <OrganisationPage key={code} code={code} />}</Route>
      <Route component={OrganisationList} />
    </Switch>
  );
}
